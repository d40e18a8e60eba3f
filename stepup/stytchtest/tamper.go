// The names of answers that look right but must not be trusted. A Fault carries
// one to the pipeline, where issue.go spoils the answer accordingly.

package stytchtest

// Tamper names a way in which the answer to an authenticate call must not be
// trusted, although it is a success by every other sign. The call itself has its
// usual effect.
type Tamper string

const (
	// OtherMember answers with the session of another member of the organization.
	OtherMember Tamper = "other_member"

	// OtherMemberJWT answers properly, except that the session_jwt is another
	// member's. It is well signed and has the same factors.
	OtherMemberJWT Tamper = "other_member_jwt"

	// OtherOrganization answers with the session of a member of another
	// organization.
	OtherOrganization Tamper = "other_organization"

	// OtherSession answers with another session of the same member.
	OtherSession Tamper = "other_session"

	// NoSecondFactor omits second factors from the session and its JWT.
	NoSecondFactor Tamper = "no_second_factor"

	// OldFactors answers with factors that were last proved a day earlier.
	OldFactors Tamper = "old_factors"

	// ForgedJWT answers with a session_jwt that names a published key but is
	// signed with another.
	ForgedJWT Tamper = "forged_jwt"

	// NoJWT answers with an empty session_jwt.
	NoJWT Tamper = "no_jwt"
)

// valid reports whether t is empty or one of the above. A misspelled Tamper would
// spoil nothing, and the test that asked for it would pass for the wrong reason.
func (t Tamper) valid() bool {
	switch t {
	case "", OtherMember, OtherMemberJWT, OtherOrganization, OtherSession,
		NoSecondFactor, OldFactors, ForgedJWT, NoJWT:
		return true
	}
	return false
}
