// The routes of the admin API and the pages, everything below /_emulator/.
// The handler in routes.go sends such requests here.

package stytchtest

import "net/http"

// newAdminHandler returns the handler of the admin API and the pages.
func newAdminHandler(ad *admin) http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]adminEndpoint{
		"POST /_emulator/organizations":   ad.addOrganization,
		"POST /_emulator/members":         ad.addMember,
		"GET /_emulator/members":          ad.getMember,
		"POST /_emulator/members/delete":  ad.deleteMember,
		"POST /_emulator/members/lock":    ad.lockMember,
		"POST /_emulator/members/phone":   ad.setPhone,
		"POST /_emulator/sessions":        ad.signIn,
		"POST /_emulator/sessions/jwt":    ad.mintJWT,
		"POST /_emulator/sessions/revoke": ad.revoke,
		"POST /_emulator/logins":          ad.startLogin,
		"GET /_emulator/messages":         ad.listMessages,
		"GET /_emulator/mails":            ad.listMails,
		"GET /_emulator/totp_code":        ad.getTOTPCode,
		"GET /_emulator/recovery_codes":   ad.listRecoveryCodes,
		"POST /_emulator/faults":          ad.addFault,
		"POST /_emulator/faults/clear":    ad.clearFaults,
		"POST /_emulator/keys/rotate":     ad.rotateKeys,
		"POST /_emulator/clock":           ad.advance,
		"POST /_emulator/clock/skew":      ad.skew,
		"GET /_emulator/calls":            ad.listCalls,
		"POST /_emulator/calls/reset":     ad.resetCalls,
		"POST /_emulator/settings":        ad.changeSettings,
		"POST /_emulator/snapshot":        ad.takeSnapshot,
		"POST /_emulator/restore":         ad.restore,
		"POST /_emulator/reset":           ad.reset,
		"/_emulator/":                     unknownAdminRoute,
	} {
		mux.Handle(pattern, ad.serve(do))
	}
	mux.Handle("GET /_emulator/{$}", newOverviewPage(ad.api))
	mux.Handle("GET /_emulator/overview/", newOverviewFiles())
	mux.Handle("GET /_emulator/phone", newPhonePage(ad.api.state))
	mux.Handle("GET /_emulator/phone/", newPhoneFiles())
	return ad.requireLocalHost(mux)
}

// unknownAdminRoute answers like the API, so that a misspelled path gets JSON
// instead of the text of ServeMux.
func unknownAdminRoute(*http.Request, []byte) (any, *apiError) {
	return nil, refuse("route_not_found")
}
