//go:build tower

package crash

import (
	"maps"
	"slices"

	"lnd-once/itest/tower/explore"
)

// faults lets calls fail wherever there is one, in the first process and, for
// every way in which that can die, in the next. Where that is, is found out by
// letting none fail.
func (r *trial) faults() {
	places := r.all(nil, "")
	r.found.Cases = 0
	for _, death := range slices.Sorted(maps.Keys(places)) {
		r.fail(&explore.Plan{Death: death}, places[death], r.Faults)
	}
}

// fail runs the cases of a plan with so many faults more at most, the next one
// at any of the places.
func (r *trial) fail(plan *explore.Plan, places []string, more int) {
	for i, place := range places {
		if plan.Faults == nil {
			r.found.Points++
		}
		for _, fault := range explore.Faults(place) {
			next := &explore.Plan{
				Death:  plan.Death,
				Faults: append(slices.Clone(plan.Faults), fault),
			}
			met := r.all(next, "")[plan.Death]
			if more > 1 {
				later := without(met, places[:i+1])
				r.fail(next, later, more-1)
			}
		}
	}
}

// union returns the places in either list, in their order.
func union(a, b []string) []string {
	return slices.Concat(a, without(b, a))
}

// without returns the places that are not in another list.
func without(places, others []string) []string {
	return slices.DeleteFunc(slices.Clone(places), func(p string) bool {
		return slices.Contains(others, p)
	})
}
