// What an hour of one member costs, by the rules of a guard. stepups.go prints
// it; a test lets a guard live through the same hour.

package main

import "time"

// What a step-up asks of Stytch and of the limiter. The tests compare it with a
// guard.
const (
	callsOfGuarded = 2 // how the session stands, and the message
	callsOfCode    = 2 // how it stands now, and the passcode
	tripsOfGuarded = 2 // is there a lock, and may a message be sent
	tripsOfPage    = 1 // is there a lock
	tripsOfCode    = 2 // a guess, and what a right one gives back
)

const (
	typing  = 20 * time.Second // until a passcode is typed
	clicks  = time.Minute      // between two clicks
	jwtLife = 5*time.Minute + 5*time.Second
)

// hour is what an hour of a member costs.
type hour struct{ messages, calls, trips int }

// anHour goes through the hour click by click.
func anHour(maxAge time.Duration) (h hour) {
	jwt, factor := time.Duration(0), -maxAge
	for now := time.Duration(0); now < time.Hour; now += clicks {
		if now-jwt >= jwtLife {
			h.calls++
			jwt = now
		}
		if now-factor < maxAge {
			continue
		}
		h.messages++
		h.calls += callsOfGuarded + callsOfCode
		h.trips += tripsOfGuarded + tripsOfPage + tripsOfCode
		if code := now + typing; code-jwt >= jwtLife {
			h.calls++
		}
		jwt, factor = now+typing, now+typing
	}
	return h
}
