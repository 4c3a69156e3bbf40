package practice

// The default company, which opens when no seed is given.
const (
	CompanyName = "Contoso"
	Domain      = "contoso.example" // RFC 2606 keeps .example free of real companies

	AdminUPN      = "admin@" + Domain    // may do everything the four steps need, except to its own account
	HelpDeskUPN   = "helpdesk@" + Domain // Authentication Administrator: people, not administrators; no policies
	AuditorUPN    = "auditor@" + Domain  // Global Reader: looks, changes nothing
	GuestUPN      = "dana.lind_fabrikam.example#EXT#@" + Domain
	DisabledUPN   = "old.account@" + Domain
	PilotGroup    = "Pilot"
	EveryoneGroup = "All employees"
)

// DefaultCompany is Contoso before it has done anything about passwords.
func DefaultCompany() *Seed {
	s := &Seed{Name: CompanyName, Domain: Domain, SecurityDefaults: true}
	s.People = []Person{
		{UPN: AdminUPN, Name: "Avery Admin", Given: "Avery", Surname: "Admin", Title: "Identity administrator", Department: "IT",
			Roles: []string{RoleAuthenticationPolicyAdministrator, RolePrivilegedAuthenticationAdministrator, RoleReportsReader}},
		{UPN: HelpDeskUPN, Name: "Hanna Weber", Given: "Hanna", Surname: "Weber", Title: "Help desk", Department: "IT",
			Roles: []string{RoleAuthenticationAdministrator}},
		{UPN: AuditorUPN, Name: "Priya Raman", Given: "Priya", Surname: "Raman", Title: "Internal audit", Department: "Finance",
			Roles: []string{RoleGlobalReader}},
	}
	var pilot []string
	for _, p := range pilotPeople {
		s.People = append(s.People, p)
		pilot = append(pilot, p.UPN)
	}
	s.People = append(s.People, otherPeople...)
	var everyone []string
	for _, p := range s.People {
		if !p.Guest {
			everyone = append(everyone, p.UPN)
		}
	}
	s.Groups = []Group{
		{Name: PilotGroup, Description: "First people to go without passwords", Kind: Security, Members: pilot},
		{Name: "Pilot Tokyo", Description: "Tokyo's share of the pilot", Kind: Security, Members: []string{"aiko", "haruto", "yui", "ren"}},
		{Name: "Key holders", Description: "Everyone who was handed a security key; holds groups", Kind: Security, Members: []string{PilotGroup, "IT staff"}},
		{Name: "IT staff", Description: "Help desk and administrators", Kind: Security, Members: []string{"admin", "helpdesk"}},
		{Name: EveryoneGroup, Description: "By rule: every account that is not a guest", Kind: Dynamic, Rule: `(user.userType -eq "Member")`, Members: everyone},
		{Name: "No passkeys yet", Description: "Exceptions: excluded from the passkey policy", Kind: Security, Members: []string{"ingrid"}},
		{Name: "Sales", Description: "A Microsoft 365 group: not a security group", Kind: Microsoft365, Members: []string{"chris", "maria", "thabo"}},
		{Name: "Reception", Description: "A mail-enabled security group", Kind: MailSecurity, Members: []string{"zoe", "ines"}},
	}
	return s
}

// pilotPeople are the members of the group Pilot.
var pilotPeople = []Person{
	{UPN: "aiko", Name: "佐藤 愛子 (Aiko Sato)", Given: "愛子", Surname: "佐藤", Title: "Engineer", Department: "Research"},
	{UPN: "haruto", Name: "鈴木 陽翔 (Haruto Suzuki)", Given: "陽翔", Surname: "鈴木", Title: "Engineer", Department: "Research"},
	{UPN: "yui", Name: "高橋 結衣 (Yui Takahashi)", Given: "結衣", Surname: "高橋", Title: "Buyer", Department: "Purchasing"},
	{UPN: "ren", Name: "渡辺 蓮 (Ren Watanabe)", Given: "蓮", Surname: "渡辺", Title: "Accountant", Department: "Finance"},
	{UPN: "jose", Name: "José Núñez", Given: "José", Surname: "Núñez", Title: "Plant manager", Department: "Production"},
	{UPN: "zoe", Name: "Zoë Müller", Given: "Zoë", Surname: "Müller", Title: "Receptionist", Department: "Services"},
	{UPN: "chris", Name: "Chris Green", Given: "Chris", Surname: "Green", Title: "Sales representative", Department: "Sales"},
	{UPN: "ann", Name: "Ann Beebe", Given: "Ann", Surname: "Beebe", Title: "Nurse", Department: "Services"},
	{UPN: "bjorn", Name: "Björn Åkesson", Given: "Björn", Surname: "Åkesson", Title: "Technician", Department: "Production"},
	{UPN: "chloe", Name: "Chloé Lefèvre", Given: "Chloé", Surname: "Lefèvre", Title: "Lawyer", Department: "Legal"},
	{UPN: "daniel", Name: "Daniel O'Brien", Given: "Daniel", Surname: "O'Brien", Title: "Driver", Department: "Logistics"},
	{UPN: "elena", Name: "Елена Соколова (Elena Sokolova)", Given: "Елена", Surname: "Соколова", Title: "Analyst", Department: "Finance"},
	{UPN: "fatima", Name: "Fatima al-Rashid", Given: "Fatima", Surname: "al-Rashid", Title: "Designer", Department: "Research"},
	{UPN: "gustav", Name: "Gustav Høgh", Given: "Gustav", Surname: "Høgh", Title: "Warehouse", Department: "Logistics"},
	{UPN: "ines", Name: "Inês Conceição", Given: "Inês", Surname: "Conceição", Title: "Receptionist", Department: "Services"},
	{UPN: "jun", Name: "이준 (Lee Jun)", Given: "준", Surname: "이", Title: "Engineer", Department: "Research"},
	{UPN: "kamala", Name: "Kamala Devi", Given: "Kamala", Surname: "Devi", Title: "Support", Department: "Services"},
	{UPN: "lukasz", Name: "Łukasz Wójcik", Given: "Łukasz", Surname: "Wójcik", Title: "Machinist", Department: "Production"},
	{UPN: "maria", Name: "María José García-López", Given: "María José", Surname: "García-López", Title: "Sales lead", Department: "Sales"},
	{UPN: "nguyen", Name: "Nguyễn Thị Hương", Given: "Hương", Surname: "Nguyễn", Title: "Cook", Department: "Services"},
	{UPN: "oliver", Name: "Oliver Smith", Given: "Oliver", Surname: "Smith", Title: "Apprentice", Department: "Production"},
	{UPN: "thabo", Name: "Thabo Mokoena", Given: "Thabo", Surname: "Mokoena", Title: "Sales representative", Department: "Sales"},
	{UPN: "wei", Name: "王伟 (Wang Wei)", Given: "伟", Surname: "王", Title: "Engineer", Department: "Research"},
	{UPN: "xavier", Name: "Xavier Dupont", Given: "Xavier", Surname: "Dupont", Title: "Board assistant", Department: "Management"},
}

// otherPeople are outside the pilot: employees, a guest, a disabled account.
var otherPeople = []Person{
	{UPN: "ingrid", Name: "Ingrid Sørensen", Given: "Ingrid", Surname: "Sørensen", Title: "Archivist", Department: "Legal"},
	{UPN: "peter", Name: "Peter Novák", Given: "Peter", Surname: "Novák", Title: "Buyer", Department: "Purchasing"},
	{UPN: "quinn", Name: "Quinn Taylor", Given: "Quinn", Surname: "Taylor", Title: "Engineer", Department: "Research"},
	{UPN: "sam", Name: "Sam Rivera", Given: "Sam", Surname: "Rivera", Title: "Janitor", Department: "Services"},
	{UPN: "user.with.a.very.long.name", Name: "Maximiliane Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh", Given: "Maximiliane", Surname: "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh", Title: "Translator", Department: "Legal"},
	{UPN: GuestUPN, Name: "Dana Lind (Fabrikam)", Given: "Dana", Surname: "Lind", Guest: true},
	{UPN: DisabledUPN, Name: "Old Account", Given: "Old", Surname: "Account", Disabled: true, Title: "Left the company"},
}
