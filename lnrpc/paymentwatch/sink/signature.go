package sink

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	// secretPrefix is what Standard Webhooks write before a secret.
	secretPrefix = "whsec_"

	// minSecret is how many bytes they take at least.
	minSecret = 24
)

// signingKey is what webhooks are signed with.
type signingKey []byte

// readKey reads a secret from a file.
func readKey(path string) (signingKey, error) {
	if path == "" {
		return nil, fmt.Errorf("%w: a webhook takes a secret to sign "+
			"with; make one with \"openssl rand -base64 32\" and "+
			"name its file with --webhook-secret-file", ErrURL)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("unable to read the webhook's "+
			"secret: %w", err)
	}

	// The error would quote the secret.
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(
		strings.TrimSpace(string(text)), secretPrefix,
	))
	if err != nil || len(key) < minSecret {
		return nil, fmt.Errorf("%w: %s has no secret of a webhook, "+
			"which is %d bytes or more in base64; make one with "+
			"\"openssl rand -base64 32\"", ErrURL, path, minSecret)
	}

	return key, nil
}

// sign adds the headers of Standard Webhooks to those of a message.
func (k signingKey) sign(header http.Header, id string, now time.Time,
	body []byte) {

	at := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, k)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", at)
	header.Set("Webhook-Signature", "v1,"+
		base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
