package practice

import (
	"slices"
	"strings"
)

// propertiesOf are those of each type in Graph's metadata (v1.0; "beta signIn" is what beta has more), whether or not the
// practice tenant has a value for them: what is none of them is refused where a request names it. A test holds the table
// against the contract.
var propertiesOf = map[string][]string{
	"user": strings.Fields(`aboutMe accountEnabled ageGroup assignedLicenses assignedPlans authorizationInfo birthday
		businessPhones city companyName consentProvidedForMinor country createdDateTime creationType
		customSecurityAttributes deletedDateTime department deviceEnrollmentLimit displayName
		employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState
		externalUserStateChangeDateTime faxNumber givenName hireDate id identities identityParentId
		imAddresses interests isManagementRestricted isResourceAccount jobTitle lastPasswordChangeDateTime
		legalAgeGroupClassification licenseAssignmentStates mail mailNickname mailboxSettings mobilePhone
		mySite officeLocation onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes
		onPremisesImmutableId onPremisesLastSyncDateTime onPremisesProvisioningErrors
		onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled
		onPremisesUserPrincipalName otherMails passwordPolicies passwordProfile pastProjects postalCode
		preferredDataLocation preferredLanguage preferredName print provisionedPlans proxyAddresses
		responsibilities schools securityIdentifier serviceProvisioningErrors showInAddressList
		signInActivity signInSessionsValidFromDateTime skills state streetAddress surname usageLocation
		userPrincipalName userType`),
	"group": strings.Fields(`accessType allowExternalSenders assignedLabels assignedLicenses autoSubscribeNewMembers
		classification createdDateTime deletedDateTime description displayName expirationDateTime groupTypes
		hasMembersWithLicenseErrors hideFromAddressLists hideFromOutlookClients id infoCatalogs isArchived
		isAssignableToRole isFavorite isManagementRestricted isSubscribedByMail licenseProcessingState mail
		mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName
		onPremisesExtensionAttributes onPremisesLastSyncDateTime onPremisesNetBiosName
		onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier
		onPremisesSyncEnabled organizationId preferredDataLocation preferredLanguage proxyAddresses
		renewedDateTime resourceBehaviorOptions resourceProvisioningOptions securityEnabled
		securityIdentifier serviceProvisioningErrors theme uniqueName unseenConversationsCount unseenCount
		unseenMessagesCount visibility welcomeMessageEnabled`),
	"organization": strings.Fields(`assignedPlans businessPhones city country countryLetterCode createdDateTime defaultUsageLocation
		deletedDateTime displayName id marketingNotificationEmails mobileDeviceManagementAuthority
		onPremisesLastSyncDateTime onPremisesSyncEnabled partnerTenantType postalCode preferredLanguage
		privacyProfile provisionedPlans securityComplianceNotificationMails
		securityComplianceNotificationPhones state street technicalNotificationMails tenantType
		verifiedDomains`),
	"domain": strings.Fields(`authenticationType availabilityStatus id isAdminManaged isDefault isInitial isRoot isVerified
		manufacturer model passwordNotificationWindowInDays passwordValidityPeriodInDays state
		supportedServices`),
	"subscribedSku": strings.Fields(`accountId accountName appliesTo capabilityStatus consumedUnits id prepaidUnits servicePlans skuId
		skuPartNumber subscriptionIds`),
	"identitySecurityDefaultsEnforcementPolicy": strings.Fields(`deletedDateTime description displayName id isEnabled`),
	"authenticationMethodsPolicy": strings.Fields(`authenticationMethodConfigurations description displayName id lastModifiedDateTime
		policyMigrationState policyVersion reconfirmationInDays registrationEnforcement`),
	"fido2AuthenticationMethod": strings.Fields(`aaGuid attestationCertificates attestationLevel createdDateTime displayName id model passkeyType
		publicKeyCredential`),
	"temporaryAccessPassAuthenticationMethod": strings.Fields(`createdDateTime id isUsable isUsableOnce lifetimeInMinutes methodUsabilityReason startDateTime
		temporaryAccessPass`),
	"authenticationStrengthPolicy": strings.Fields(`allowedCombinations combinationConfigurations createdDateTime description displayName id
		modifiedDateTime policyType requirementsSatisfied`),
	"conditionalAccessPolicy": strings.Fields(`conditions createdDateTime deletedDateTime description displayName grantControls id modifiedDateTime
		sessionControls state templateId`),
	"userRegistrationDetails": strings.Fields(`id isAdmin isMfaCapable isMfaRegistered isPasswordlessCapable isSsprCapable isSsprEnabled
		isSsprRegistered isSystemPreferredAuthenticationMethodEnabled lastUpdatedDateTime methodsRegistered
		systemPreferredAuthenticationMethods userDisplayName userPreferredMethodForSecondaryAuthentication
		userPrincipalName userType`),
	"signIn": strings.Fields(`appDisplayName appId appliedConditionalAccessPolicies authenticationAppDeviceDetails clientAppUsed
		conditionalAccessStatus correlationId createdDateTime deviceDetail homeTenantId id ipAddress
		isInteractive location resourceDisplayName resourceId resourceTenantId riskDetail riskEventTypes
		riskEventTypes_v2 riskLevelAggregated riskLevelDuringSignIn riskState servicePrincipalId
		servicePrincipalName status userAgent userDisplayName userId userPrincipalName`),
	"directoryAudit": strings.Fields(`activityDateTime activityDisplayName additionalDetails category correlationId id initiatedBy
		loggedByService operationType result resultReason targetResources`),
	"emailAuthenticationMethodConfiguration":    strings.Fields(`allowExternalIdToUseEmailOtp excludeTargets id includeTargets state`),
	"externalAuthenticationMethodConfiguration": strings.Fields(`appId displayName excludeTargets id includeTargets openIdConnectSetting state`),
	"fido2AuthenticationMethodConfiguration": strings.Fields(`defaultPasskeyProfile excludeTargets id includeTargets isAttestationEnforced
		isSelfServiceRegistrationAllowed keyRestrictions passkeyProfiles state`),
	"microsoftAuthenticatorAuthenticationMethodConfiguration": strings.Fields(`excludeTargets featureSettings id includeTargets isSoftwareOathEnabled state`),
	"qrCodePinAuthenticationMethodConfiguration":              strings.Fields(`excludeTargets id includeTargets pinLength standardQRCodeLifetimeInDays state`),
	"smsAuthenticationMethodConfiguration":                    strings.Fields(`excludeTargets id includeTargets state`),
	"softwareOathAuthenticationMethodConfiguration":           strings.Fields(`excludeTargets id includeTargets state`),
	"temporaryAccessPassAuthenticationMethodConfiguration": strings.Fields(`defaultLength defaultLifetimeInMinutes excludeTargets id includeTargets isUsableOnce
		maximumLifetimeInMinutes minimumLifetimeInMinutes state`),
	"verifiableCredentialsAuthenticationMethodConfiguration": strings.Fields(`excludeTargets id includeTargets state`),
	"voiceAuthenticationMethodConfiguration":                 strings.Fields(`excludeTargets id includeTargets isOfficePhoneAllowed state`),
	"x509CertificateAuthenticationMethodConfiguration": strings.Fields(`authenticationModeConfiguration certificateAuthorityScopes certificateUserBindings
		crlValidationConfiguration excludeTargets id includeTargets issuerHintsConfiguration state`),
	"beta signIn": strings.Fields(`alternateSignInName appOwnerTenantId appTokenProtectionStatus
		authenticationAppPolicyEvaluationDetails authenticationDetails authenticationMethodsUsed
		authenticationProcessingDetails authenticationProtocol authenticationRequirement
		authenticationRequirementPolicies autonomousSystemNumber azureResourceId clientSessionId
		conditionalAccessAudiences crossTenantAccessType federatedCredentialId flaggedForReview
		globalSecureAccessIpAddress homeTenantName ipAddressFromResourceProvider isTenantRestricted
		isThroughGlobalSecureAccess managedServiceIdentity mfaDetail networkLocationDetails
		originalRequestId originalTransferMethod processingTimeInMilliseconds resourceOwnerTenantId
		resourceServicePrincipalId servicePrincipalCredentialKeyId servicePrincipalCredentialThumbprint
		sessionId signInEventTypes signInIdentifier signInIdentifierType signInTokenProtectionStatus
		tokenIssuerName tokenIssuerType tokenProtectionStatusDetails uniqueTokenIdentifier userType`),
}

// has reports whether a type has the property, in whatever case: the directory does not mind. A type that is not in the
// table has any.
func (c *call) has(kind, name string) bool {
	list, known := propertiesOf[kind]
	same := func(p string) bool { return strings.EqualFold(p, name) }
	return !known || slices.ContainsFunc(list, same) || c.beta && slices.ContainsFunc(propertiesOf["beta "+kind], same)
}

// noProperty is Graph's answer to a property that the type does not have.
func noProperty(clause, name, kind string) *refusal {
	return bad("BadRequest", "%sCould not find a property named '%s' on type 'microsoft.graph.%s'.", clause, name, kind)
}
