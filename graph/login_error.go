package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	msal "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"
)

const logInOp = "sign in"

// Codes of LogIn beside Entra's own.
const (
	CodeLogInBlocked   = "device-code-blocked" // a policy of the tenant does not allow this way
	CodeLogInNotPublic = "app-not-public"      // the app is not allowed to sign people in without a secret
	CodeLogInConsent   = "consent-missing"     // the permissions were not granted
	CodeLogInExpired   = "code-expired"        // nobody typed the code in time
	CodeLogInDeclined  = "declined"            // the person, or a page, said no
	CodeLogInOther     = "other-account"       // another account signed in than before
	CodeLogInCert      = "certificate"         // the certificate file cannot be read
	CodeLogInPort      = "port-taken"          // another program has the port where the browser comes back to
	CodeLogInCLI       = "azure-cli"           // Azure CLI is not there, or nobody is signed in with it
)

// aadsts finds Entra's error numbers.
var aadsts = regexp.MustCompile(`AADSTS\d+`)

// entraCodes are the numbers a rollout meets, with what to do. Source: the Entra ID error reference.
var entraCodes = map[string]struct{ code, message string }{
	"AADSTS7000218": {CodeLogInNotPublic, `the app registration does not allow public clients: turn on "Allow public client flows" there, or sign in as an application`},
	"AADSTS65001":   {CodeLogInConsent, "the app was not granted these permissions: an administrator has to consent"},
	"AADSTS90094":   {CodeLogInConsent, "these permissions need an administrator's consent"},
	"AADSTS65004":   {CodeLogInDeclined, "the person declined the permissions"},
	"AADSTS70020":   {CodeLogInExpired, "the code was not used in time; ask for a new one"},
	"AADSTS700016":  {"", "the app is not known in this tenant: check the client id and the tenant"},
	"AADSTS90002":   {"", "there is no such tenant: check its id or domain, and the cloud"},
	"AADSTS50105":   {"", "the app is limited to people assigned to it, and this person is not"},
	"AADSTS7000215": {"", "the client secret is wrong: its value is needed, not its id"},
	"AADSTS7000222": {"", "the client secret has expired"},
	"AADSTS700027":  {"", "the certificate is not the one registered for the app"},
	"AADSTS50126":   {"", "the name or the password is wrong"},
	"AADSTS500011":  {"", "Microsoft Graph is not known in this tenant: check the cloud"},
}

// explain turns what the libraries say into an *Error. Their own words hold whole answers, so only Entra's description
// is taken over.
func (o LogInOptions) explain(err error) *Error {
	if own := refusal(err); own != nil {
		return own
	}
	e := &Error{Op: logInOp, Code: CodeSignIn}
	var call msal.CallErr
	var failed *azidentity.AuthenticationFailedError
	switch {
	case errors.As(err, &call) && call.Resp != nil:
		e.Status = call.Resp.StatusCode
	case errors.As(err, &failed) && failed.RawResponse != nil:
		e.Status = failed.RawResponse.StatusCode
	}
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Correlation string `json:"correlation_id"`
	}
	// Both libraries quote Entra's answer in their text; one has read the body by then.
	text := err.Error()
	if i, j := strings.Index(text, "{"), strings.LastIndex(text, "}"); i >= 0 && i < j {
		if json.Unmarshal([]byte(text[i:j+1]), &body) == nil {
			e.Message, e.RequestID = firstLine(body.Description), body.Correlation
		}
	}
	if e.Message == "" {
		e.Message = firstLine(text)
	}
	number := aadsts.FindString(text)
	if number != "" {
		e.Code = number
	}
	if known, ok := entraCodes[number]; ok {
		e.Message = known.message + " (" + number + ")"
		if known.code != "" {
			e.Code = known.code
		}
	}
	switch {
	case o.Road == ByBrowser && strings.Contains(text, "listen tcp"):
		e.Code, e.Message = CodeLogInPort, fmt.Sprintf("port %d, where the browser comes back to, is taken by another program", o.Port)
	case o.Road == ByDeviceCode && strings.HasPrefix(number, "AADSTS530"):
		// 53003 and its neighbours are Conditional Access; blocking device codes is what Microsoft's managed policy and
		// the security baselines ask for.
		e.Code = CodeLogInBlocked
		e.Message = "the tenant's Conditional Access does not let this sign-in through; device codes are often blocked. Use the browser (through a forwarded port when over SSH), Azure CLI, or an application with a certificate (" + number + ")"
	case strings.Contains(text, "declined scopes"):
		e.Code, e.Message = CodeLogInConsent, "only some of the permissions were granted: an administrator has to consent to the others"
	case body.Error == "expired_token":
		e.Code, e.Message = CodeLogInExpired, "the code was not used in time; ask for a new one"
	case body.Error == "authorization_declined" || body.Error == "access_denied" && e.Code == CodeSignIn:
		e.Code, e.Message = CodeLogInDeclined, "the sign-in was declined"
	case o.Road == ByAzureCLI && number == "":
		e.Code, e.Message = CodeLogInCLI, `Azure CLI gives no token: is it installed, and did somebody "az login" to this tenant?`
	case number == "" && (neverArrived(err) || strings.Contains(text, "unable to resolve an endpoint")):
		e.Code, e.Message = CodeNoAnswer, whyUnreached(text)
	}
	return e
}

// whyUnreached goes by the text: the libraries quote what the network said, and do not wrap it.
func whyUnreached(text string) string {
	switch {
	case strings.Contains(text, "proxyconnect"):
		return "the proxy does not answer"
	case strings.Contains(text, "x509:"), strings.Contains(text, "tls:"):
		return "its certificate comes from an authority that this computer does not trust"
	case strings.Contains(text, "no such host"):
		return "its name is not found"
	}
	return "no answer comes from there"
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(strings.TrimSuffix(s, "\r"))
}
