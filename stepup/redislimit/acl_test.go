//go:build unix

package redislimit_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/redislimit"
	"github.com/rungauth/rung/stepup/redislimit/internal/redistest"
)

// permissions are those that the package comment lists.
func permissions(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(string(source), "ACL SETUSER limits")
	list, _, ends := strings.Cut(list, "//\n//")
	if !found || !ends {
		t.Fatal("the package comment has no list of permissions")
	}
	var commands []string
	for word := range strings.FieldsSeq(list) {
		if strings.HasPrefix(word, "+") {
			commands = append(commands, word)
		}
	}
	return commands
}

// allow makes a user "limits" that may call these commands only.
func allow(server *redistest.Server, commands []string) {
	args := []any{"ACL", "SETUSER", "limits", "reset", "on", ">secret", "~rung:*", "-@all"}
	for _, command := range commands {
		args = append(args, command)
	}
	server.Do(args...)
}

// Many companies give an app only the commands that it needs.
func TestUserWithFewPermissions(t *testing.T) {
	_, root, server := started(t)
	ctx := t.Context()
	commands := permissions(t)
	limiterOf := func(t *testing.T) *redislimit.Limiter {
		client := redislimit.NewClient(&redis.Options{
			Network: "unix", Addr: server.Socket, Username: "limits", Password: "secret",
			DialTimeout: deadline * 100, ReadTimeout: deadline * 100, WriteTimeout: deadline * 100, PoolTimeout: deadline * 100,
		})
		t.Cleanup(func() { client.Close() })
		return open(t, client)
	}

	t.Run("what is documented suffices", func(t *testing.T) {
		allow(server, commands)
		root.ScriptFlush(ctx)
		limiter := limiterOf(t)
		if err := limiter.Check(ctx); err != nil {
			t.Error(err)
		}
		take(t, limiter, "k", perHour(2))
		take(t, limiter, "k", perHour(2))
		if take(t, limiter, "k", perHour(2)) == 0 {
			t.Error("a third event was granted")
		}
		forget(t, limiter, "k", 1)
		forget(t, limiter, "k", 1)
		if n := root.DBSize(ctx).Val(); n != 0 {
			t.Errorf("%d keys are left", n)
		}
	})

	for _, missing := range commands {
		t.Run("check names what is missing: "+missing, func(t *testing.T) {
			name := strings.TrimPrefix(missing, "+")
			allow(server, slices.DeleteFunc(slices.Clone(commands), func(c string) bool { return c == missing }))
			err := limiterOf(t).Check(ctx)
			if strings.HasPrefix(name, "cluster") {
				if err != nil {
					t.Errorf("Check: %v, and this is for a Cluster only", err)
				}
				return
			}
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), name) {
				t.Fatalf("Check: %v, want an error with %q", err, name)
			}
			for _, other := range commands {
				other = strings.TrimPrefix(other, "+")
				if other != name && strings.Contains(strings.ToLower(err.Error()), other+" failed") {
					t.Errorf("Check: %v, and %s is allowed", err, other)
				}
			}
			if n := root.DBSize(ctx).Val(); n != 0 {
				t.Errorf("Check has left %q", root.Keys(ctx, "*").Val())
			}
		})
	}

	t.Run("check names other keys", func(t *testing.T) {
		allow(server, commands)
		server.Do("ACL", "SETUSER", "limits", "resetkeys", "~other:*")
		if err := limiterOf(t).Check(ctx); err == nil || !strings.Contains(err.Error(), "key") {
			t.Errorf("Check: %v, want an error about keys", err)
		}
	})

	t.Run("without INFO takes work, and check says that it cannot tell", func(t *testing.T) {
		allow(server, slices.DeleteFunc(slices.Clone(commands), func(c string) bool { return c == "+info" }))
		limiter := limiterOf(t)
		take(t, limiter, "k", perHour(1))
		if err := limiter.Check(ctx); err == nil || !strings.Contains(err.Error(), "nobody knows") {
			t.Errorf("Check: %v, want that nobody knows", err)
		}
	})
}
