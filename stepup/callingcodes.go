// Which phone numbers a country calling code stands for. phone.go asks about
// every number that a member has typed.

package stepup

import "strings"

// calls reports whether a number (E.164) may be added.
//
// Toll fraud lives on ranges that a short code seems to name and an app does not
// mean: premium-rate numbers, personal numbers that cost like them, and the
// small countries that share the code of a large one. All of these have to be
// named.
func (e *Enrollment) calls(number string) bool {
	if e.Allows != nil {
		return e.Allows(number)
	}
	digits := strings.TrimPrefix(number, "+")
	named := longestPrefix(digits, e.CallingCodes)
	if len(longestPrefix(digits, premiumRanges())) > len(named) {
		return false
	}
	if e.CallingCodes == nil {
		return true
	}
	return named != "" && len(longestPrefix(digits, sharedCodes())) <= len(named)
}

func longestPrefix(digits string, prefixes []string) (longest string) {
	for _, p := range prefixes {
		if len(p) > len(longest) && strings.HasPrefix(digits, p) {
			longest = p
		}
	}
	return longest
}

// sharedCodes are the countries and territories within the calling code of
// another country: in the North American Numbering Plan all but the United
// States and Canada, Kazakhstan in +7, and the islands in +44.
func sharedCodes() []string {
	return []string{
		"1242", "1246", "1264", "1268", "1284", "1340", "1345", "1441", "1473", "1649", "1658", "1664", "1670", "1671", "1684",
		"1721", "1758", "1767", "1784", "1787", "1809", "1829", "1849", "1868", "1869", "1876", "1939",
		"76", "77",
		"447509", "447624", "447700", "447781", "447797", "447829", "447839", "447911", "447937", "441481", "441534", "441624",
	}
}

// premiumRanges are premium-rate and personal numbers, by the numbering plans
// of their countries. Stytch may refuse more.
func premiumRanges() []string {
	return []string{
		"1900", "1500", "1521", "1522", "1523", "1524", "1525", "1526", "1527", "1528", "1529", "1533", "1544", "1566", "1577", "1588", // North America
		"4470", "4476", "449", // United Kingdom
		"49137", "49180", "49190", "49700", "49900", // Germany
		"3381", "3382", "3389", // France
		"3470", "34803", "34806", "34807", "34905", // Spain
		"39144", "39166", "39178", "39199", "39892", "39894", "39895", "39899", // Italy
		"41878", "4190", // Switzerland
		"439",          // Austria
		"3190",         // Netherlands
		"3270", "3290", // Belgium
		"4575", "4590", // Denmark
		"4675", "46900", "46939", "46944", // Sweden
		"4782", "4788", // Norway
		"358600", "358700", // Finland
		"35315", "353700", // Ireland
		"4870",            // Poland
		"420700", "42090", // Czechia
		"421900",       // Slovakia
		"3690",         // Hungary
		"4090",         // Romania
		"35990",        // Bulgaria
		"3070", "3090", // Greece
		"35160", "351760", "351884", // Portugal
		"7803", "7808", "7809", // Russia and Kazakhstan
		"90592", "9090", // Turkey
		"61190",         // Australia
		"6470", "64900", // New Zealand
		"8160", "81990", // Japan
		"8250", "8260", // South Korea
		"85281", "85282", "85283", "85290", // Hong Kong
		"651900",         // Singapore
		"661900",         // Thailand
		"62809",          // Indonesia
		"52500", "52900", // Mexico
		"55500", "55900", // Brazil
	}
}
