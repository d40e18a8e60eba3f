module github.com/rungauth/rung/example/scale

go 1.26.0

require (
	github.com/redis/go-redis/v9 v9.23.0
	github.com/rungauth/rung v0.0.0
	github.com/rungauth/rung/stepup/redislimit v0.0.0
)

require (
	github.com/MicahParks/jwkset v0.11.4 // indirect
	github.com/MicahParks/keyfunc/v3 v3.9.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/gorilla/securecookie v1.1.2 // indirect
	github.com/gorilla/sessions v1.4.0 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.44.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace (
	github.com/rungauth/rung => ../..
	github.com/rungauth/rung/stepup/redislimit => ../../stepup/redislimit
)
