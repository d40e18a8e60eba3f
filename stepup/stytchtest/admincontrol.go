// The admin endpoints for the service itself: signing keys, faults, the clock, the call
// log and the settings. The admin routes call them; they do the work of the controls in
// servicecontrol.go for tests in other languages.

package stytchtest

import (
	"net/http"
	"time"
)

// rotateKeys is POST /_emulator/keys/rotate.
func (ad *admin) rotateKeys(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		Overlap bool `json:"overlap"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	ad.api.keys.rotate(req.Overlap)
	return struct{}{}, nil
}

// faultRequest has every field of [Fault] except Unreachable, which no server on a
// network can be.
type faultRequest struct {
	Path        string            `json:"path"`
	Status      int               `json:"status"`
	ErrorType   string            `json:"error_type"`
	Body        string            `json:"body"`
	Header      map[string]string `json:"header"`
	DelayMS     int64             `json:"delay_ms"`
	Times       int               `json:"times"`
	HangUp      bool              `json:"hang_up"`
	AfterEffect bool              `json:"after_effect"`
	Tamper      Tamper            `json:"tamper"`
}

// addFault is POST /_emulator/faults.
func (ad *admin) addFault(r *http.Request, body []byte) (any, *apiError) {
	var req faultRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	f := req.fault()
	if err := f.check(); err != nil {
		return nil, refuseBecause("bad_request", err.Error())
	}
	ad.api.faults.add(f)
	return struct{}{}, nil
}

// clearFaults is POST /_emulator/faults/clear.
func (ad *admin) clearFaults(r *http.Request, body []byte) (any, *apiError) {
	if err := decode(r, body, &struct{}{}); err != nil {
		return nil, err
	}
	ad.api.faults.clear()
	return struct{}{}, nil
}

// resetCalls is POST /_emulator/calls/reset.
func (ad *admin) resetCalls(r *http.Request, body []byte) (any, *apiError) {
	if err := decode(r, body, &struct{}{}); err != nil {
		return nil, err
	}
	ad.api.calls.reset()
	return struct{}{}, nil
}

// fault turns the request into a [Fault].
func (req faultRequest) fault() Fault {
	f := Fault{
		Path: req.Path, Times: req.Times,
		Status: req.Status, ErrorType: req.ErrorType, Body: req.Body, Header: http.Header{},
		Delay:  time.Duration(req.DelayMS) * time.Millisecond,
		HangUp: req.HangUp, AfterEffect: req.AfterEffect, Tamper: req.Tamper,
	}
	for name, value := range req.Header {
		f.Header.Set(name, value)
	}
	return f
}

// advance is POST /_emulator/clock.
func (ad *admin) advance(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		AdvanceSeconds int64 `json:"advance_seconds"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if req.AdvanceSeconds < 0 {
		return nil, refuseBecause("bad_request", "advance_seconds must not be negative.")
	}
	ad.api.state.advance(time.Duration(req.AdvanceSeconds) * time.Second)
	return struct{}{}, nil
}

// skew is POST /_emulator/clock/skew.
func (ad *admin) skew(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		SkewSeconds int64 `json:"skew_seconds"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	ad.api.state.setSkew(time.Duration(req.SkewSeconds) * time.Second)
	return struct{}{}, nil
}

// changeSettings is POST /_emulator/settings. What it changes stays changed, whatever
// the fields of [Server] say.
func (ad *admin) changeSettings(r *http.Request, body []byte) (any, *apiError) {
	var req settingFields
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	changed, err := req.override()
	if err != nil {
		return nil, err
	}
	ad.api.overrides.change(changed)
	return struct{}{}, nil
}
