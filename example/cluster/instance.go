// One instance: its settings, its limiter and its guard. Run by fleet.go in a
// process of its own.

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/redislimit"
	"github.com/rungauth/rung/stepup/stytch"
)

// settings are what an instance is told. Only the name differs between instances.
type settings struct {
	Name string // of the instance

	ProjectID, Secret, BaseURL string // the Stytch project

	Key         []byte
	RedisSocket string
	Patience    time.Duration // with Redis
	Members     []member      // to sign in as
}

// runInstance runs one instance. It reads its settings from stdin and serves on the
// socket that it inherited, until ctx is done or stdin ends.
func runInstance(ctx context.Context, stdin io.Reader) error {
	var s settings
	input := json.NewDecoder(stdin)
	if err := input.Decode(&s); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	ctx = untilEnd(ctx, stdin)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("instance", s.Name)
	ln, err := net.FileListener(os.NewFile(3, "listener")) // the first of ExtraFiles
	if err != nil {
		return err
	}

	client := redislimit.NewClient(&redis.Options{
		Network: "unix", Addr: s.RedisSocket,
		DialTimeout: s.Patience, ReadTimeout: s.Patience, WriteTimeout: s.Patience, PoolTimeout: s.Patience,
	})
	defer client.Close()
	limiter, err := redislimit.New(client, redislimit.Config{})
	if err != nil {
		return err
	}
	starting, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := limiter.Check(starting); err != nil {
		log.Warn("limits are not reliable", "error", err) // and go on: a member with a fresh step-up needs none
	}

	money := stepup.Policy{Name: "money", MaxAge: 10 * time.Minute}
	guard, err := newGuard(s, limiter, money, stepup.LogEvents(log))
	if err != nil {
		return err
	}
	defer guard.Close()
	// As a readiness probe would ask. Connections wait until then. An instance
	// that never becomes ready ends and is restarted.
	if err := guard.Ready(starting); err != nil {
		return err
	}
	ledgerline := &app{name: s.Name, guard: guard, money: money, emulator: s.BaseURL, members: s.Members, log: log}
	return serve(ctx, ln, ledgerline.routes(), 6*idleTime)
}

// newGuard sets what an app with several instances needs: a Key and a Limiter that
// all instances share, and ClientIP.
func newGuard(s settings, limiter stepup.Limiter, money stepup.Policy, onEvent func(context.Context, stepup.Event)) (*stepup.Guard, error) {
	client, err := stytch.New(stytch.Config{ProjectID: s.ProjectID, Secret: s.Secret, BaseURL: s.BaseURL})
	if err != nil {
		return nil, err
	}
	return stepup.New(stepup.Config{
		Client:   client,
		Cookies:  stepup.ServerCookies(),
		Policies: []stepup.Policy{money},
		OnEvent:  onEvent,
		// One instance opens what another sealed: the cookie that says what was
		// sent, and the form that waits for the code.
		Key: s.Key,
		// One count for all instances.
		Limiter:        limiter,
		LimiterTimeout: s.Patience,
		// The balancer, which puts the client's address into X-Forwarded-For.
		// Messages are limited by that address too.
		ClientIP: stepup.TrustProxies(netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")),
	})
}
