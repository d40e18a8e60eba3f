package qrcode

import "testing"

// The figure of 7.8.2 shows the masks: here are their upper left modules.
func TestMasks(t *testing.T) {
	tests := [8]string{
		"\n#.#.#.\n.#.#.#\n#.#.#.\n.#.#.#\n#.#.#.\n.#.#.#\n",
		"\n######\n......\n######\n......\n######\n......\n",
		"\n#..#..\n#..#..\n#..#..\n#..#..\n#..#..\n#..#..\n",
		"\n#..#..\n..#..#\n.#..#.\n#..#..\n..#..#\n.#..#.\n",
		"\n###...\n###...\n...###\n...###\n###...\n###...\n",
		"\n######\n#.....\n#..#..\n#.#.#.\n#..#..\n#.....\n",
		"\n######\n###...\n##.##.\n#.#.#.\n#.##.#\n#...##\n",
		"\n#.#.#.\n...###\n#...##\n.#.#.#\n###...\n.###..\n",
	}
	for mask, want := range tests {
		inverted := make([]bool, 6*6)
		for module := range inverted {
			inverted[module] = inverts(mask, module/6, module%6)
		}
		if got := drawn(6, inverted); got != want {
			t.Errorf("mask %03b: got %s", mask, got)
		}
	}
}
