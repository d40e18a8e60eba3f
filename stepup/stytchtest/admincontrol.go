package stytchtest

import (
	"net/http"
	"time"
)

// adminRotateKeys is POST /_emulator/keys/rotate.
func (s *Server) adminRotateKeys(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		Overlap bool `json:"overlap"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	s.RotateKeys(req.Overlap)
	return struct{}{}, nil
}

// adminFail is POST /_emulator/faults. It takes every field of [Fault] except
// Unreachable, which no network server can be.
func (s *Server) adminFail(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
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
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	f := Fault{
		Path: req.Path, Times: req.Times,
		Status: req.Status, ErrorType: req.ErrorType, Body: req.Body, Header: http.Header{},
		Delay:  time.Duration(req.DelayMS) * time.Millisecond,
		HangUp: req.HangUp, AfterEffect: req.AfterEffect, Tamper: req.Tamper,
	}
	for name, value := range req.Header {
		f.Header.Set(name, value)
	}
	if err := f.check(); err != nil {
		return nil, refuseBecause("bad_request", err.Error())
	}
	s.Fail(f)
	return struct{}{}, nil
}

// adminAdvance is POST /_emulator/clock.
func (s *Server) adminAdvance(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		AdvanceSeconds int64 `json:"advance_seconds"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if req.AdvanceSeconds < 0 {
		return nil, refuseBecause("bad_request", "advance_seconds must not be negative.")
	}
	s.Advance(time.Duration(req.AdvanceSeconds) * time.Second)
	return struct{}{}, nil
}
