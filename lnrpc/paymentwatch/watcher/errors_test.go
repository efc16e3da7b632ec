package watcher

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestOnlyWhatStaysWrongIsFinal checks what lnd says in which case.
func TestOnlyWhatStaysWrongIsFinal(t *testing.T) {
	t.Parallel()

	testCases := []struct {
		code codes.Code
		text string
		want error
	}{
		{codes.Unavailable, "connection refused", nil},
		{codes.Unavailable, "transport: authentication handshake " +
			"failed: tls: failed to verify certificate: x509: " +
			"certificate signed by unknown authority",
			ErrCertificate},
		{codes.Unknown, "wallet locked, unlock it to enable full RPC " +
			"access", nil},
		{codes.Unknown, "waiting to start, RPC services not available",
			nil},
		{codes.Unknown, "the RPC server is in the process of " +
			"starting up, but not yet ready to accept calls", nil},
		{codes.Unknown, "routerrpc server shutting down", nil},
		{codes.Unknown, "cannot get macaroon: macaroon store is locked",
			nil},
		{codes.Unknown, "permission denied", ErrPermission},
		{codes.PermissionDenied, "no", ErrPermission},
		{codes.Unknown, "verification failed: signature mismatch " +
			"after caveat verification", ErrMacaroon},
		{codes.Unknown, "cannot get macaroon: root key with id 1 " +
			"doesn't exist", ErrMacaroon},
		{codes.Unknown, "expected 1 macaroon, got 0", ErrMacaroon},
		{codes.Unauthenticated, "no", ErrMacaroon},
		{codes.ResourceExhausted, "grpc: received message larger " +
			"than max (209715201 vs. 209715200)", ErrTooLarge},
		{codes.ResourceExhausted, "too many requests", nil},
		{codes.Unimplemented, "unknown method TrackPayments",
			ErrUnsupported},
	}
	for _, tc := range testCases {
		err := fmt.Errorf("the stream ended: %w",
			status.Error(tc.code, tc.text))
		if tc.want == nil {
			require.NoError(t, final(err), tc.text)

			continue
		}
		require.ErrorIs(t, final(err), tc.want, tc.text)
		require.ErrorContains(t, final(err), tc.text)
	}

	require.NoError(t, final(io.EOF))
	require.NoError(t, final(errOverflow))

	err := fmt.Errorf("%w: %w", ErrSink, io.EOF)
	require.Equal(t, err, final(err))
	require.True(t, errors.Is(final(err), io.EOF))
}

// TestBackoffGrowsWithJitterAndIsReset checks the bounds of each wait.
func TestBackoffGrowsWithJitterAndIsReset(t *testing.T) {
	t.Parallel()

	var b backoff
	seconds := []time.Duration{1, 2, 4, 8, 16, 30, 30}
	for range 2 {
		for _, want := range seconds {
			wait := b.next()
			require.LessOrEqual(t, wait, want*time.Second)
			require.Greater(t, wait, want*time.Second/2-1)
		}
		b.reset()
	}
}
