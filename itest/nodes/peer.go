package nodes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lnd-once/internal/base"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

// peerName is the name of the lnd that the nodes run which a sender pays, or pays
// through, while some of them are killed: the newest base's, as it was, but for its
// link, which is mended.
//
// A link of lnd 0.18 to 0.20 that stops can subscribe to an HTLC that is held,
// after which the next part that settles blocks all invoices of the node. From
// 0.19 on one that takes up again HTLCs which came together, some of them
// resolved, mistakes one for another, since it counts only those that are left:
// what it settles it will settle once more with the next connection, and that
// fails for good. And from 0.19 on a node that is killed when an invoice is settled,
// but not yet in the link's package of HTLCs that came together, takes them for
// replays when it is back, and fails them. So there is no lnd that payments in
// several parts could be sent to while it, or who sends them, is killed.
const peerName = "lnd-peer"

// mends are what has a link count all HTLCs that came together, and take none for a
// replay, and by what.
var mends = []struct{ old, new string }{{
	old: "\tunackedAdds := make(",
	new: "\tindexes := make([]uint16, 0, len(fwdPkg.Adds))\n" +
		"\tunackedAdds := make(",
}, {
	old: "unackedAdds = append(unackedAdds, msg)",
	new: "unackedAdds = append(unackedAdds, msg)\n" +
		"\t\t\tindexes = append(indexes, uint16(i))",
}, {
	old: "idx := uint16(i)",
	new: "idx := indexes[i]",
}, {
	old: "fwdPkg.ID(), decodeReqs, reforward,",
	new: "fwdPkg.ID(), decodeReqs, true,",
}}

// mendLink returns the source of lnd's link, mended.
func mendLink(source string) (string, error) {
	for _, mend := range mends {
		var err error
		source, err = gobuild.ReplaceOnce(source, mend.old, mend.new)
		if err != nil {
			return "", fmt.Errorf("lnd's link may be mended "+
				"itself: %w", err)
		}
	}

	return source, nil
}

// peerBase returns the base that the lnd of peers is made from.
func peerBase(root string) (*base.Base, error) {
	name, err := base.Newest(root)
	if err != nil {
		return nil, err
	}

	return base.Load(root, name)
}

// buildPeer builds the lnd of peers.
func buildPeer(ctx context.Context, root string, log *progress.Log) error {
	b, err := peerBase(root)
	if err != nil {
		return err
	}
	if err := staging.Stage(ctx, b, log); err != nil {
		return err
	}

	link := filepath.Join(b.Stock(), "htlcswitch", "link.go")
	source, err := os.ReadFile(link)
	if err != nil {
		return err
	}
	mended, err := mendLink(string(source))
	if err != nil {
		return err
	}
	overlay := filepath.Join(b.Build(), "peer-link.go")
	if err := os.WriteFile(overlay, []byte(mended), 0o600); err != nil {
		return err
	}
	_, err = gobuild.Overlaid(
		ctx, b, log, peerName, map[string]string{link: overlay},
	)

	return err
}
