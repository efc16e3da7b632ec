package htlcswitch

import "time"

const (
	// minStoreAgain is how long we wait before we store a result that could
	// not be stored once. The pauses grow up to maxStoreAgain.
	minStoreAgain = time.Second
	maxStoreAgain = time.Minute
)

// storeLocalResult stores the result of an attempt of ours until it is stored,
// and tells those who wait for it, who otherwise wait until the link forwards
// it again. It returns false if the switch is stopped before.
func (s *Switch) storeLocalResult(attemptID uint64, n *networkResult) bool {
	for pause := minStoreAgain; ; pause = min(2*pause, maxStoreAgain) {
		err := s.networkResults.storeResult(attemptID, n)
		if err == nil {
			return true
		}

		log.Errorf("Unable to store attempt result for pid=%v, will "+
			"try again in %v: %v", attemptID, pause, err)

		select {
		case <-s.cfg.Clock.TickAfter(pause):

		case <-s.quit:
			return false
		}
	}
}
