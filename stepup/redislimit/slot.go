// Which slot of a Redis Cluster a key is in. A script may use the keys of one slot
// only, so limiter.go makes one call for each.

package redislimit

import "strings"

// slot is the hash slot of a Redis key: the CRC16 (XMODEM) of its hash tag, or of
// all of it where it has none, modulo 16384. See "Key distribution model" in the
// Redis Cluster specification.
func slot(name string) int {
	if _, rest, found := strings.Cut(name, "{"); found {
		if tag, _, found := strings.Cut(rest, "}"); found && tag != "" {
			name = tag
		}
	}
	var crc uint16
	for _, b := range []byte(name) {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc % 16384)
}
