package quota

import "testing"

func FuzzCounterName(f *testing.F) {
	f.Add("a", "b", "c", "ab", "", "c")
	f.Add("a", "bc", "", "a", "b", "c")
	counters := &Counters{key: []byte("0123456789abcdef")}
	f.Fuzz(func(t *testing.T, a, b, c, x, y, z string) {
		same := a == x && b == y && c == z
		if got := counters.name(a, b, c) == counters.name(x, y, z); got != same {
			t.Fatalf("%q %q %q and %q %q %q: same key %v, want %v", a, b, c, x, y, z, got, same)
		}
	})
}
