BEGIN TRANSACTION;
CREATE TABLE partnerauth_access_request (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	user_id TEXT NOT NULL, 
	wanted TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_access_request PRIMARY KEY (user_id), 
	CONSTRAINT fk_partnerauth_access_request_user_id FOREIGN KEY(user_id) REFERENCES partnerauth_user (id)
);
CREATE TABLE partnerauth_account (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	applications TEXT NOT NULL, 
	contracts TEXT NOT NULL, 
	billing_addresses TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_account PRIMARY KEY (id), 
	CONSTRAINT ck_partnerauth_account_id_within_organisation CHECK (substr(id, 1, length(organisation_id) + 1) = organisation_id || '/'), 
	CONSTRAINT fk_partnerauth_account_organisation_id FOREIGN KEY(organisation_id) REFERENCES partnerauth_organisation (id)
);
INSERT INTO "partnerauth_account" VALUES(4,1,'acme/hq','acme','Headquarters','["collect-stamp","distriplanner","emasspost","eshipper-international","eshipper-national","etracker-national","invoice-reporter","shipping-manager"]','{"C1":{"active":true,"kind":""},"C2":{"active":true,"kind":""}}','["B1","B2"]');
INSERT INTO "partnerauth_account" VALUES(2,2,'print/hq','print','Headquarters','["collect-stamp","distriplanner","emasspost","eshipper-international","eshipper-national","etracker-national","invoice-reporter","shipping-manager"]','{"C1":{"active":true,"kind":""}}','["B1","B2"]');
INSERT INTO "partnerauth_account" VALUES(3,3,'acme/depot','acme','Depot','["collect-stamp","distriplanner","emasspost","eshipper-international","eshipper-national","etracker-national","invoice-reporter","shipping-manager"]','{}','["B9"]');
CREATE TABLE partnerauth_attempts (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	"key" TEXT NOT NULL, 
	wrong INTEGER NOT NULL, 
	since DATETIME, 
	blocked_until DATETIME, 
	blocks INTEGER NOT NULL, 
	CONSTRAINT pk_partnerauth_attempts PRIMARY KEY ("key"), 
	CONSTRAINT ck_partnerauth_attempts_key_filled CHECK (length(key) > 0), 
	CONSTRAINT ck_partnerauth_attempts_wrong_counted CHECK (wrong >= 0), 
	CONSTRAINT ck_partnerauth_attempts_blocks_counted CHECK (blocks >= 0)
);
INSERT INTO "partnerauth_attempts" VALUES(12,10,'user:u-gehsez645uoubmyycebugnm3',0,NULL,NULL,0);
INSERT INTO "partnerauth_attempts" VALUES(48,11,'source:here',1,'2026-01-05 09:00:00.000000',NULL,0);
INSERT INTO "partnerauth_attempts" VALUES(17,15,'user:u-2bkvmaxhgtize4kpm24cybov',0,NULL,NULL,0);
INSERT INTO "partnerauth_attempts" VALUES(48,19,'user:u-s2mruohfydeuwl6xvevcv27z',0,NULL,NULL,0);
INSERT INTO "partnerauth_attempts" VALUES(27,24,'user:u-hfiuav5d7fgra7nkurzqqd7t',0,NULL,NULL,0);
INSERT INTO "partnerauth_attempts" VALUES(39,39,'mails:u-s2mruohfydeuwl6xvevcv27z',1,'2026-01-05 09:00:00.000000',NULL,0);
INSERT INTO "partnerauth_attempts" VALUES(44,44,'mailbox:benpeeters@acme.example',1,'2026-01-05 09:00:00.000000',NULL,0);
INSERT INTO "partnerauth_attempts" VALUES(53,53,'mails:u-hfiuav5d7fgra7nkurzqqd7t',1,'2026-01-05 09:05:00.000000',NULL,0);
CREATE TABLE partnerauth_case (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	reporter TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	fields TEXT NOT NULL, 
	status TEXT NOT NULL, 
	informs TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_case PRIMARY KEY (id), 
	CONSTRAINT ck_partnerauth_case_id_filled CHECK (length(id) > 0), 
	CONSTRAINT fk_partnerauth_case_organisation_id FOREIGN KEY(organisation_id) REFERENCES partnerauth_organisation (id), 
	CONSTRAINT fk_partnerauth_case_reporter FOREIGN KEY(reporter) REFERENCES partnerauth_user (id)
);
CREATE TABLE partnerauth_change (
	position BIGINT NOT NULL, 
	number INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	fields TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_change PRIMARY KEY (position, number), 
	CONSTRAINT ck_partnerauth_change_kind_filled CHECK (length(kind) > 0)
);
INSERT INTO "partnerauth_change" VALUES(1,1,'OrganisationById','["acme"]');
INSERT INTO "partnerauth_change" VALUES(1,2,'AccountById','["acme/hq"]');
INSERT INTO "partnerauth_change" VALUES(2,1,'OrganisationById','["print"]');
INSERT INTO "partnerauth_change" VALUES(2,2,'AccountById','["print/hq"]');
INSERT INTO "partnerauth_change" VALUES(3,1,'AccountById','["acme/depot"]');
INSERT INTO "partnerauth_change" VALUES(4,1,'AccountById','["acme/hq"]');
INSERT INTO "partnerauth_change" VALUES(5,1,'OrganisationById','["acme"]');
INSERT INTO "partnerauth_change" VALUES(6,1,'UserById','["u-biqp4cqrfcr5hgosaw5h7ubn"]');
INSERT INTO "partnerauth_change" VALUES(7,1,'UserById','["u-biqp4cqrfcr5hgosaw5h7ubn"]');
INSERT INTO "partnerauth_change" VALUES(8,1,'UserById','["u-gehsez645uoubmyycebugnm3"]');
INSERT INTO "partnerauth_change" VALUES(9,1,'SelectionOf','["u-gehsez645uoubmyycebugnm3","acme/hq","emasspost"]');
INSERT INTO "partnerauth_change" VALUES(9,2,'UserById','["u-gehsez645uoubmyycebugnm3"]');
INSERT INTO "partnerauth_change" VALUES(9,3,'CredentialOf','["u-gehsez645uoubmyycebugnm3"]');
INSERT INTO "partnerauth_change" VALUES(10,1,'UserById','["u-gehsez645uoubmyycebugnm3"]');
INSERT INTO "partnerauth_change" VALUES(10,2,'CredentialOf','["u-gehsez645uoubmyycebugnm3"]');
INSERT INTO "partnerauth_change" VALUES(12,1,'CredentialOf','["u-gehsez645uoubmyycebugnm3"]');
INSERT INTO "partnerauth_change" VALUES(13,1,'UserById','["u-2bkvmaxhgtize4kpm24cybov"]');
INSERT INTO "partnerauth_change" VALUES(14,1,'SelectionOf','["u-2bkvmaxhgtize4kpm24cybov","print/hq","emasspost"]');
INSERT INTO "partnerauth_change" VALUES(14,2,'UserById','["u-2bkvmaxhgtize4kpm24cybov"]');
INSERT INTO "partnerauth_change" VALUES(14,3,'CredentialOf','["u-2bkvmaxhgtize4kpm24cybov"]');
INSERT INTO "partnerauth_change" VALUES(15,1,'UserById','["u-2bkvmaxhgtize4kpm24cybov"]');
INSERT INTO "partnerauth_change" VALUES(15,2,'CredentialOf','["u-2bkvmaxhgtize4kpm24cybov"]');
INSERT INTO "partnerauth_change" VALUES(17,1,'CredentialOf','["u-2bkvmaxhgtize4kpm24cybov"]');
INSERT INTO "partnerauth_change" VALUES(18,1,'UserById','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(18,2,'CredentialOf','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(20,1,'CredentialOf','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(22,1,'CredentialOf','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(23,1,'UserById','["u-hfiuav5d7fgra7nkurzqqd7t"]');
INSERT INTO "partnerauth_change" VALUES(23,2,'CredentialOf','["u-hfiuav5d7fgra7nkurzqqd7t"]');
INSERT INTO "partnerauth_change" VALUES(25,1,'CredentialOf','["u-hfiuav5d7fgra7nkurzqqd7t"]');
INSERT INTO "partnerauth_change" VALUES(27,1,'CredentialOf','["u-hfiuav5d7fgra7nkurzqqd7t"]');
INSERT INTO "partnerauth_change" VALUES(28,1,'SelectionOf','["u-s2mruohfydeuwl6xvevcv27z","acme/hq","emasspost"]');
INSERT INTO "partnerauth_change" VALUES(29,1,'SelectionOf','["u-s2mruohfydeuwl6xvevcv27z","acme/hq","emasspost"]');
INSERT INTO "partnerauth_change" VALUES(30,1,'SelectionOf','["u-s2mruohfydeuwl6xvevcv27z","acme/hq","emasspost"]');
INSERT INTO "partnerauth_change" VALUES(32,1,'UserById','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(33,1,'DelegationTo','["acme/hq","emasspost","print"]');
INSERT INTO "partnerauth_change" VALUES(34,1,'SelectionOf','["u-hfiuav5d7fgra7nkurzqqd7t","acme/hq","emasspost"]');
INSERT INTO "partnerauth_change" VALUES(35,1,'SelectionOf','["u-hfiuav5d7fgra7nkurzqqd7t","acme/hq","emasspost"]');
INSERT INTO "partnerauth_change" VALUES(36,1,'DelegationTo','["acme/hq","emasspost","print"]');
INSERT INTO "partnerauth_change" VALUES(40,1,'CredentialOf','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(43,1,'UserById','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(45,1,'UserById','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(45,2,'CredentialOf','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(46,1,'CredentialOf','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(50,1,'UserById','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(50,2,'CredentialOf','["u-s2mruohfydeuwl6xvevcv27z"]');
INSERT INTO "partnerauth_change" VALUES(52,1,'UserById','["u-s2mruohfydeuwl6xvevcv27z"]');
CREATE TABLE partnerauth_credential (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	user_id TEXT NOT NULL, 
	password_hash TEXT NOT NULL, 
	temporary_until DATETIME, 
	epoch INTEGER NOT NULL, 
	signed_in BOOLEAN NOT NULL, 
	CONSTRAINT pk_partnerauth_credential PRIMARY KEY (user_id), 
	CONSTRAINT ck_partnerauth_credential_epoch_counted CHECK (epoch >= 0), 
	CONSTRAINT fk_partnerauth_credential_user_id FOREIGN KEY(user_id) REFERENCES partnerauth_user (id)
);
INSERT INTO "partnerauth_credential" VALUES(12,9,'u-gehsez645uoubmyycebugnm3','$argon2id$v=19$m=8,t=1,p=1$qKEAQWdcxh8xYr+Ns2210w$cBw49kCbojhov1rLqU2m1RVtjBO20ng1xIym+YXOq50',NULL,1,1);
INSERT INTO "partnerauth_credential" VALUES(17,14,'u-2bkvmaxhgtize4kpm24cybov','$argon2id$v=19$m=8,t=1,p=1$I1OFDuiR8a9AYYBZpcKbHg$MOrB2H+LlAfzi9vXnqDfrn0WutmNtkparOg70Ho2tuI',NULL,1,1);
INSERT INTO "partnerauth_credential" VALUES(50,18,'u-s2mruohfydeuwl6xvevcv27z','$argon2id$v=19$m=8,t=1,p=1$3zEDPDHBj2tvS5vwGpBrsQ$nxuBZrS+994zODv39o/U+tmGGldBY2QTeHwDlYdy6GQ','2026-01-12 09:00:00.000000',6,1);
INSERT INTO "partnerauth_credential" VALUES(27,23,'u-hfiuav5d7fgra7nkurzqqd7t','$argon2id$v=19$m=8,t=1,p=1$3Ec8q8gYf8mWYyGYXFGYCw$c6akOnI3oXKjOmZmKrmyXoruNjkyBLS+nLIUSJt3XZQ',NULL,2,1);
CREATE TABLE partnerauth_delegation (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	account_id TEXT NOT NULL, 
	application TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_delegation PRIMARY KEY (account_id, application, organisation_id), 
	CONSTRAINT ck_partnerauth_delegation_application_filled CHECK (length(application) > 0), 
	CONSTRAINT ck_partnerauth_delegation_to_another CHECK (substr(account_id, 1, length(organisation_id) + 1) <> organisation_id || '/'), 
	CONSTRAINT fk_partnerauth_delegation_account_id FOREIGN KEY(account_id) REFERENCES partnerauth_account (id), 
	CONSTRAINT fk_partnerauth_delegation_organisation_id FOREIGN KEY(organisation_id) REFERENCES partnerauth_organisation (id)
);
INSERT INTO "partnerauth_delegation" VALUES(36,33,'acme/hq','emasspost','print');
CREATE TABLE partnerauth_delegation_element (
	account_id TEXT NOT NULL, 
	application TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	source TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_delegation_element PRIMARY KEY (account_id, application, organisation_id, kind, name), 
	CONSTRAINT ck_partnerauth_delegation_element_kind_filled CHECK (length(kind) > 0), 
	CONSTRAINT fk_partnerauth_delegation_element_account_id_application_organisation_id FOREIGN KEY(account_id, application, organisation_id) REFERENCES partnerauth_delegation (account_id, application, organisation_id) ON DELETE CASCADE
);
INSERT INTO "partnerauth_delegation_element" VALUES('acme/hq','emasspost','print','right','creation','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','s-o5rxcs6gimcgdkeydqqeg7fa');
INSERT INTO "partnerauth_delegation_element" VALUES('acme/hq','emasspost','print','product','letter','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','s-o5rxcs6gimcgdkeydqqeg7fa');
INSERT INTO "partnerauth_delegation_element" VALUES('acme/hq','emasspost','print','billing-address','B1','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','s-o5rxcs6gimcgdkeydqqeg7fa');
CREATE TABLE partnerauth_feed_state (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	feed TEXT NOT NULL, 
	sequence BIGINT NOT NULL, 
	CONSTRAINT pk_partnerauth_feed_state PRIMARY KEY (feed), 
	CONSTRAINT ck_partnerauth_feed_state_feed_filled CHECK (length(feed) > 0)
);
CREATE TABLE partnerauth_invitation (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	user_id TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	from_operator BOOLEAN NOT NULL, 
	named TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_invitation PRIMARY KEY (user_id), 
	CONSTRAINT fk_partnerauth_invitation_user_id FOREIGN KEY(user_id) REFERENCES partnerauth_user (id)
);
CREATE TABLE partnerauth_latest_session (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	browser TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_latest_session PRIMARY KEY (browser), 
	CONSTRAINT fk_partnerauth_latest_session_digest FOREIGN KEY(digest) REFERENCES partnerauth_session (digest)
);
CREATE TABLE partnerauth_latest_token (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	subject TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	token_id TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_latest_token PRIMARY KEY (subject, purpose), 
	CONSTRAINT ck_partnerauth_latest_token_purpose_known CHECK (purpose IN ('reset', 'email-change', 'invitation', 'verification', 'registration')), 
	CONSTRAINT fk_partnerauth_latest_token_token_id FOREIGN KEY(token_id) REFERENCES partnerauth_token (id)
);
INSERT INTO "partnerauth_latest_token" VALUES(9,9,'u-gehsez645uoubmyycebugnm3','reset','link-ir7htqwhfm6shd62ayvj6rtnbg4eo7c7');
INSERT INTO "partnerauth_latest_token" VALUES(14,14,'u-2bkvmaxhgtize4kpm24cybov','reset','link-w2bb6mr4q3c4az7h5jfyj54ccfz3vreo');
INSERT INTO "partnerauth_latest_token" VALUES(39,39,'u-s2mruohfydeuwl6xvevcv27z','reset','link-r6ucdspbzdzy2nkxcwvbc7i5zbqucwzk');
INSERT INTO "partnerauth_latest_token" VALUES(44,44,'u-s2mruohfydeuwl6xvevcv27z','email-change','link-owkcmh6if5xp47cx2izptjsyyop7xqrz');
INSERT INTO "partnerauth_latest_token" VALUES(53,53,'u-hfiuav5d7fgra7nkurzqqd7t','reset','link-kgt5ikmjq35cjf7hwzduxjrf3wijwxej');
CREATE TABLE partnerauth_linked_domain (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	domain TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	opened BOOLEAN NOT NULL, 
	CONSTRAINT pk_partnerauth_linked_domain PRIMARY KEY (domain), 
	CONSTRAINT ck_partnerauth_linked_domain_domain_filled CHECK (length(domain) > 0), 
	CONSTRAINT fk_partnerauth_linked_domain_organisation_id FOREIGN KEY(organisation_id) REFERENCES partnerauth_organisation (id)
);
CREATE TABLE partnerauth_log (
	position BIGINT NOT NULL, 
	number INTEGER NOT NULL, 
	organisation_id TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	"by" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	about TEXT NOT NULL, 
	schema_number INTEGER NOT NULL, 
	data TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_log PRIMARY KEY (position, number), 
	CONSTRAINT ck_partnerauth_log_name_filled CHECK (length(name) > 0)
);
INSERT INTO "partnerauth_log" VALUES(1,1,'acme','2026-01-05 09:00:00.000000','operator:operator','OrganisationOpened','acme',1,'{"organisation":"acme","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","title":"The acme","street":"","town":"","country":"","domains":[],"options":[],"subcontractor":false,"requested":false}');
INSERT INTO "partnerauth_log" VALUES(1,2,'acme','2026-01-05 09:00:00.000000','operator:operator','AccountSet','acme/hq',1,'{"organisation":"acme","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","account":"acme/hq","title":"Headquarters","applications":["collect-stamp","distriplanner","emasspost","eshipper-international","eshipper-national","etracker-national","invoice-reporter","shipping-manager"],"contracts":{"C1":{"active":true,"kind":""}},"billing_addresses":["B1","B2"]}');
INSERT INTO "partnerauth_log" VALUES(2,1,'print','2026-01-05 09:00:00.000000','operator:operator','OrganisationOpened','print',1,'{"organisation":"print","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","title":"The print","street":"","town":"","country":"","domains":[],"options":[],"subcontractor":true,"requested":false}');
INSERT INTO "partnerauth_log" VALUES(2,2,'print','2026-01-05 09:00:00.000000','operator:operator','AccountSet','print/hq',1,'{"organisation":"print","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","account":"print/hq","title":"Headquarters","applications":["collect-stamp","distriplanner","emasspost","eshipper-international","eshipper-national","etracker-national","invoice-reporter","shipping-manager"],"contracts":{"C1":{"active":true,"kind":""}},"billing_addresses":["B1","B2"]}');
INSERT INTO "partnerauth_log" VALUES(3,1,'acme','2026-01-05 09:00:00.000000','operator:operator','AccountSet','acme/depot',1,'{"organisation":"acme","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","account":"acme/depot","title":"Depot","applications":["collect-stamp","distriplanner","emasspost","eshipper-international","eshipper-national","etracker-national","invoice-reporter","shipping-manager"],"contracts":{},"billing_addresses":["B9"]}');
INSERT INTO "partnerauth_log" VALUES(4,1,'acme','2026-01-05 09:00:00.000000','operator:operator','ContractSet','acme/hq',1,'{"organisation":"acme","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","account":"acme/hq","contract":"C2","active":true,"kind":""}');
INSERT INTO "partnerauth_log" VALUES(5,1,'acme','2026-01-05 09:00:00.000000','operator:operator','OptionSet','acme',1,'{"organisation":"acme","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","option":"ftp","enabled":true}');
INSERT INTO "partnerauth_log" VALUES(6,1,'acme','2026-01-05 09:00:00.000000','visitor','AccessRequested','u-biqp4cqrfcr5hgosaw5h7ubn',1,'{"organisation":"acme","by":"visitor","at":"2026-01-05T09:00:00+00:00","user":"u-biqp4cqrfcr5hgosaw5h7ubn","email":{"original":"mallory@acme.example","local":"mallory","domain":"acme.example"},"username":"mallory","details":{"language":"nl"},"management":[],"account":"acme/hq","application":"emasspost","enters":true,"again":false}');
INSERT INTO "partnerauth_log" VALUES(7,1,'acme','2026-01-05 09:00:00.000000','operator:operator','AccessRefused','u-biqp4cqrfcr5hgosaw5h7ubn',1,'{"organisation":"acme","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","user":"u-biqp4cqrfcr5hgosaw5h7ubn"}');
INSERT INTO "partnerauth_log" VALUES(8,1,'acme','2026-01-05 09:00:00.000000','visitor','AccessRequested','u-gehsez645uoubmyycebugnm3',1,'{"organisation":"acme","by":"visitor","at":"2026-01-05T09:00:00+00:00","user":"u-gehsez645uoubmyycebugnm3","email":{"original":"chief-acme@acme.example","local":"chief-acme","domain":"acme.example"},"username":"chief-acme","details":{"language":"nl"},"management":[],"account":"acme/hq","application":"emasspost","enters":true,"again":false}');
INSERT INTO "partnerauth_log" VALUES(9,1,'acme','2026-01-05 09:00:00.000000','operator:operator','AccessGranted','u-gehsez645uoubmyycebugnm3',1,'{"organisation":"acme","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","user":"u-gehsez645uoubmyycebugnm3","ceilings":[["acme/hq","emasspost",[["billing-address","B1"],["billing-address","B2"],["product","clean-mail"],["product","distripost-2008"],["product","distripost-agreement"],["product","distripost-periodical"],["product","distripost-printed-matter"],["product","international-parcels-deferred"],["product","international-parcels-express"],["product","kilopost"],["product","kilopost-agreement"],["product","letter"],["product","non-prior"],["product","non-urgent-commercial"],["product","periodical"],["product","printed-matter"],["product","prior"],["product","registered-prior"],["product","reserve-1"],["product","reserve-2"],["product","selectapost"],["product","taxipost"],["product","taxipost-international"],["product","uw-rd"],["product","uw-rd-rp-plus"],["right","address-file-tool"],["right","administrator-role"],["right","check-mailing-list"],["right","confirmation"],["right","contracts"],["right","create-mailing-list"],["right","creation"],["right","delete-mailing-list"],["right","deposit-composition"],["right","deposit-declaration"],["right","general-follow-up"],["right","view-prices"]]]],"management":["ftp","manage-administrators","manage-users","reset-password"]}');
INSERT INTO "partnerauth_log" VALUES(10,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','PasswordReset','u-gehsez645uoubmyycebugnm3',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","user":"u-gehsez645uoubmyycebugnm3"}');
INSERT INTO "partnerauth_log" VALUES(12,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','SignedIn','u-gehsez645uoubmyycebugnm3',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","user":"u-gehsez645uoubmyycebugnm3","browser":"chief-acme","provider":""}');
INSERT INTO "partnerauth_log" VALUES(13,1,'print','2026-01-05 09:00:00.000000','visitor','AccessRequested','u-2bkvmaxhgtize4kpm24cybov',1,'{"organisation":"print","by":"visitor","at":"2026-01-05T09:00:00+00:00","user":"u-2bkvmaxhgtize4kpm24cybov","email":{"original":"chief-print@print.example","local":"chief-print","domain":"print.example"},"username":"chief-print","details":{"language":"nl"},"management":[],"account":"print/hq","application":"emasspost","enters":true,"again":false}');
INSERT INTO "partnerauth_log" VALUES(14,1,'print','2026-01-05 09:00:00.000000','operator:operator','AccessGranted','u-2bkvmaxhgtize4kpm24cybov',1,'{"organisation":"print","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","user":"u-2bkvmaxhgtize4kpm24cybov","ceilings":[["print/hq","emasspost",[["billing-address","B1"],["billing-address","B2"],["product","clean-mail"],["product","distripost-2008"],["product","distripost-agreement"],["product","distripost-periodical"],["product","distripost-printed-matter"],["product","international-parcels-deferred"],["product","international-parcels-express"],["product","kilopost"],["product","kilopost-agreement"],["product","letter"],["product","non-prior"],["product","non-urgent-commercial"],["product","periodical"],["product","printed-matter"],["product","prior"],["product","registered-prior"],["product","reserve-1"],["product","reserve-2"],["product","selectapost"],["product","taxipost"],["product","taxipost-international"],["product","uw-rd"],["product","uw-rd-rp-plus"],["right","address-file-tool"],["right","administrator-role"],["right","check-mailing-list"],["right","confirmation"],["right","contracts"],["right","create-mailing-list"],["right","creation"],["right","delete-mailing-list"],["right","deposit-composition"],["right","deposit-declaration"],["right","general-follow-up"],["right","view-prices"]]]],"management":["manage-administrators","manage-users","reset-password"]}');
INSERT INTO "partnerauth_log" VALUES(15,1,'print','2026-01-05 09:00:00.000000','u-2bkvmaxhgtize4kpm24cybov','PasswordReset','u-2bkvmaxhgtize4kpm24cybov',1,'{"organisation":"print","by":"u-2bkvmaxhgtize4kpm24cybov","at":"2026-01-05T09:00:00+00:00","user":"u-2bkvmaxhgtize4kpm24cybov"}');
INSERT INTO "partnerauth_log" VALUES(17,1,'print','2026-01-05 09:00:00.000000','u-2bkvmaxhgtize4kpm24cybov','SignedIn','u-2bkvmaxhgtize4kpm24cybov',1,'{"organisation":"print","by":"u-2bkvmaxhgtize4kpm24cybov","at":"2026-01-05T09:00:00+00:00","user":"u-2bkvmaxhgtize4kpm24cybov","browser":"chief-print","provider":""}');
INSERT INTO "partnerauth_log" VALUES(18,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','UserCreated','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","email":{"original":"ben@acme.example","local":"ben","domain":"acme.example"},"username":"ben","details":{"language":"nl","gender":"woman","first-name":"Jo","last-name":"Peeters"},"management":["reset-password"]}');
INSERT INTO "partnerauth_log" VALUES(20,1,'acme','2026-01-05 09:00:00.000000','u-s2mruohfydeuwl6xvevcv27z','SignedIn','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-s2mruohfydeuwl6xvevcv27z","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","browser":"ben","provider":""}');
INSERT INTO "partnerauth_log" VALUES(22,1,'acme','2026-01-05 09:00:00.000000','u-s2mruohfydeuwl6xvevcv27z','PasswordChanged','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-s2mruohfydeuwl6xvevcv27z","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z"}');
INSERT INTO "partnerauth_log" VALUES(23,1,'print','2026-01-05 09:00:00.000000','u-2bkvmaxhgtize4kpm24cybov','UserCreated','u-hfiuav5d7fgra7nkurzqqd7t',1,'{"organisation":"print","by":"u-2bkvmaxhgtize4kpm24cybov","at":"2026-01-05T09:00:00+00:00","user":"u-hfiuav5d7fgra7nkurzqqd7t","email":{"original":"pia@print.example","local":"pia","domain":"print.example"},"username":"pia","details":{"language":"nl","gender":"woman","first-name":"Jo","last-name":"Peeters"},"management":["reset-password"]}');
INSERT INTO "partnerauth_log" VALUES(25,1,'print','2026-01-05 09:00:00.000000','u-hfiuav5d7fgra7nkurzqqd7t','SignedIn','u-hfiuav5d7fgra7nkurzqqd7t',1,'{"organisation":"print","by":"u-hfiuav5d7fgra7nkurzqqd7t","at":"2026-01-05T09:00:00+00:00","user":"u-hfiuav5d7fgra7nkurzqqd7t","browser":"pia","provider":""}');
INSERT INTO "partnerauth_log" VALUES(27,1,'print','2026-01-05 09:00:00.000000','u-hfiuav5d7fgra7nkurzqqd7t','PasswordChanged','u-hfiuav5d7fgra7nkurzqqd7t',1,'{"organisation":"print","by":"u-hfiuav5d7fgra7nkurzqqd7t","at":"2026-01-05T09:00:00+00:00","user":"u-hfiuav5d7fgra7nkurzqqd7t"}');
INSERT INTO "partnerauth_log" VALUES(28,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','RightsGranted','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","account":"acme/hq","application":"emasspost","elements":[["billing-address","B1"],["product","letter"],["right","creation"]]}');
INSERT INTO "partnerauth_log" VALUES(29,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','RightsGranted','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","account":"acme/hq","application":"emasspost","elements":[["billing-address","B1"],["billing-address","B2"],["product","clean-mail"],["product","distripost-2008"],["product","distripost-agreement"],["product","distripost-periodical"],["product","distripost-printed-matter"],["product","international-parcels-deferred"],["product","international-parcels-express"],["product","kilopost"],["product","kilopost-agreement"],["product","letter"],["product","non-prior"],["product","non-urgent-commercial"],["product","periodical"],["product","printed-matter"],["product","prior"],["product","registered-prior"],["product","reserve-1"],["product","reserve-2"],["product","selectapost"],["product","taxipost"],["product","taxipost-international"],["product","uw-rd"],["product","uw-rd-rp-plus"],["right","address-file-tool"],["right","administrator-role"],["right","check-mailing-list"],["right","confirmation"],["right","contracts"],["right","create-mailing-list"],["right","creation"],["right","delete-mailing-list"],["right","deposit-composition"],["right","deposit-declaration"],["right","general-follow-up"],["right","view-prices"]]}');
INSERT INTO "partnerauth_log" VALUES(30,1,'acme','2026-01-05 09:00:00.000000','operator:operator','RightsRevoked','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"operator:operator","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","account":"acme/hq","application":"emasspost","elements":[["right","confirmation"]]}');
INSERT INTO "partnerauth_log" VALUES(31,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','CommandRefused','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","command":"revoke","codes":["revocation-forbidden"],"subject":"u-s2mruohfydeuwl6xvevcv27z"}');
INSERT INTO "partnerauth_log" VALUES(32,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','ManagementSet','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","management":["manage-users","reset-password"]}');
INSERT INTO "partnerauth_log" VALUES(33,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','RightsDelegated','print',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","subcontractor":"print","account":"acme/hq","application":"emasspost","elements":[["right","creation"],["product","letter"],["product","prior"],["billing-address","B1"]],"source":"s-o5rxcs6gimcgdkeydqqeg7fa"}');
INSERT INTO "partnerauth_log" VALUES(34,1,'print','2026-01-05 09:00:00.000000','u-2bkvmaxhgtize4kpm24cybov','RightsPassedOn','u-hfiuav5d7fgra7nkurzqqd7t',1,'{"organisation":"print","by":"u-2bkvmaxhgtize4kpm24cybov","at":"2026-01-05T09:00:00+00:00","user":"u-hfiuav5d7fgra7nkurzqqd7t","account":"acme/hq","application":"emasspost","elements":[[["right","creation"],"s-o5rxcs6gimcgdkeydqqeg7fa"],[["product","letter"],"s-o5rxcs6gimcgdkeydqqeg7fa"]]}');
INSERT INTO "partnerauth_log" VALUES(35,1,'print','2026-01-05 09:00:00.000000','u-2bkvmaxhgtize4kpm24cybov','RightsWithdrawn','u-hfiuav5d7fgra7nkurzqqd7t',1,'{"organisation":"print","by":"u-2bkvmaxhgtize4kpm24cybov","at":"2026-01-05T09:00:00+00:00","account":"acme/hq","application":"emasspost","elements":[["product","letter"]],"subcontractor":"","user":"u-hfiuav5d7fgra7nkurzqqd7t"}');
INSERT INTO "partnerauth_log" VALUES(36,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','RightsWithdrawn','print',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","account":"acme/hq","application":"emasspost","elements":[["product","prior"]],"subcontractor":"print","user":""}');
INSERT INTO "partnerauth_log" VALUES(38,1,'acme','2026-01-05 09:00:00.000000','visitor','SignInFailed','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"visitor","at":"2026-01-05T09:00:00+00:00","subject":"u-s2mruohfydeuwl6xvevcv27z","codes":["wrong-password"],"source":"here"}');
INSERT INTO "partnerauth_log" VALUES(39,1,'acme','2026-01-05 09:00:00.000000','visitor','ResetRequested','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"visitor","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z"}');
INSERT INTO "partnerauth_log" VALUES(40,1,'acme','2026-01-05 09:00:00.000000','u-s2mruohfydeuwl6xvevcv27z','PasswordReset','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-s2mruohfydeuwl6xvevcv27z","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z"}');
INSERT INTO "partnerauth_log" VALUES(42,1,'acme','2026-01-05 09:00:00.000000','u-s2mruohfydeuwl6xvevcv27z','SignedIn','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-s2mruohfydeuwl6xvevcv27z","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","browser":"ben","provider":""}');
INSERT INTO "partnerauth_log" VALUES(43,1,'acme','2026-01-05 09:00:00.000000','u-s2mruohfydeuwl6xvevcv27z','DetailsUpdated','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-s2mruohfydeuwl6xvevcv27z","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","details":{"phone":"+32 2 000 00 00"}}');
INSERT INTO "partnerauth_log" VALUES(44,1,'acme','2026-01-05 09:00:00.000000','u-s2mruohfydeuwl6xvevcv27z','EmailChangeRequested','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-s2mruohfydeuwl6xvevcv27z","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","email":{"original":"ben.peeters@acme.example","local":"ben.peeters","domain":"acme.example"}}');
INSERT INTO "partnerauth_log" VALUES(45,1,'acme','2026-01-05 09:00:00.000000','u-s2mruohfydeuwl6xvevcv27z','EmailChanged','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-s2mruohfydeuwl6xvevcv27z","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","email":{"original":"ben.peeters@acme.example","local":"ben.peeters","domain":"acme.example"}}');
INSERT INTO "partnerauth_log" VALUES(46,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','TemporaryPasswordSet','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z"}');
INSERT INTO "partnerauth_log" VALUES(48,1,'acme','2026-01-05 09:00:00.000000','u-s2mruohfydeuwl6xvevcv27z','SignedIn','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-s2mruohfydeuwl6xvevcv27z","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","browser":"ben","provider":""}');
INSERT INTO "partnerauth_log" VALUES(49,1,'acme','2026-01-05 09:00:00.000000','u-s2mruohfydeuwl6xvevcv27z','SignedOut','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-s2mruohfydeuwl6xvevcv27z","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","browser":"ben"}');
INSERT INTO "partnerauth_log" VALUES(50,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','UserDeactivated','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z"}');
INSERT INTO "partnerauth_log" VALUES(51,1,'acme','2026-01-05 09:00:00.000000','u-gehsez645uoubmyycebugnm3','CommandRefused','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:00:00+00:00","command":"delete","codes":["delete-forbidden"],"subject":"u-s2mruohfydeuwl6xvevcv27z"}');
INSERT INTO "partnerauth_log" VALUES(52,1,'acme','2026-01-05 09:05:00.000000','u-gehsez645uoubmyycebugnm3','UserReactivated','u-s2mruohfydeuwl6xvevcv27z',1,'{"organisation":"acme","by":"u-gehsez645uoubmyycebugnm3","at":"2026-01-05T09:05:00+00:00","user":"u-s2mruohfydeuwl6xvevcv27z","state":"active"}');
INSERT INTO "partnerauth_log" VALUES(53,1,'print','2026-01-05 09:05:00.000000','visitor','ResetRequested','u-hfiuav5d7fgra7nkurzqqd7t',1,'{"organisation":"print","by":"visitor","at":"2026-01-05T09:05:00+00:00","user":"u-hfiuav5d7fgra7nkurzqqd7t"}');
CREATE TABLE partnerauth_login_name (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	"key" TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_login_name PRIMARY KEY ("key"), 
	CONSTRAINT ck_partnerauth_login_name_key_filled CHECK (length(key) > 0), 
	CONSTRAINT fk_partnerauth_login_name_user_id FOREIGN KEY(user_id) REFERENCES partnerauth_user (id)
);
INSERT INTO "partnerauth_login_name" VALUES(6,6,'mallory@acme.example','u-biqp4cqrfcr5hgosaw5h7ubn');
INSERT INTO "partnerauth_login_name" VALUES(6,6,'mallory','u-biqp4cqrfcr5hgosaw5h7ubn');
INSERT INTO "partnerauth_login_name" VALUES(8,8,'chief-acme@acme.example','u-gehsez645uoubmyycebugnm3');
INSERT INTO "partnerauth_login_name" VALUES(8,8,'chief-acme','u-gehsez645uoubmyycebugnm3');
INSERT INTO "partnerauth_login_name" VALUES(13,13,'chief-print@print.example','u-2bkvmaxhgtize4kpm24cybov');
INSERT INTO "partnerauth_login_name" VALUES(13,13,'chief-print','u-2bkvmaxhgtize4kpm24cybov');
INSERT INTO "partnerauth_login_name" VALUES(18,18,'ben','u-s2mruohfydeuwl6xvevcv27z');
INSERT INTO "partnerauth_login_name" VALUES(23,23,'pia@print.example','u-hfiuav5d7fgra7nkurzqqd7t');
INSERT INTO "partnerauth_login_name" VALUES(23,23,'pia','u-hfiuav5d7fgra7nkurzqqd7t');
INSERT INTO "partnerauth_login_name" VALUES(45,45,'ben.peeters@acme.example','u-s2mruohfydeuwl6xvevcv27z');
CREATE TABLE partnerauth_management (
	user_id TEXT NOT NULL, 
	management TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_management PRIMARY KEY (user_id, management), 
	CONSTRAINT ck_partnerauth_management_management_filled CHECK (length(management) > 0), 
	CONSTRAINT fk_partnerauth_management_user_id_organisation_id_state FOREIGN KEY(user_id, organisation_id, state) REFERENCES partnerauth_user (id, organisation_id, state) ON DELETE CASCADE ON UPDATE CASCADE
);
INSERT INTO "partnerauth_management" VALUES('u-gehsez645uoubmyycebugnm3','ftp','acme','active');
INSERT INTO "partnerauth_management" VALUES('u-gehsez645uoubmyycebugnm3','reset-password','acme','active');
INSERT INTO "partnerauth_management" VALUES('u-gehsez645uoubmyycebugnm3','manage-administrators','acme','active');
INSERT INTO "partnerauth_management" VALUES('u-gehsez645uoubmyycebugnm3','manage-users','acme','active');
INSERT INTO "partnerauth_management" VALUES('u-2bkvmaxhgtize4kpm24cybov','reset-password','print','active');
INSERT INTO "partnerauth_management" VALUES('u-2bkvmaxhgtize4kpm24cybov','manage-administrators','print','active');
INSERT INTO "partnerauth_management" VALUES('u-2bkvmaxhgtize4kpm24cybov','manage-users','print','active');
INSERT INTO "partnerauth_management" VALUES('u-s2mruohfydeuwl6xvevcv27z','reset-password','acme','active');
INSERT INTO "partnerauth_management" VALUES('u-hfiuav5d7fgra7nkurzqqd7t','reset-password','print','active');
INSERT INTO "partnerauth_management" VALUES('u-s2mruohfydeuwl6xvevcv27z','manage-users','acme','active');
CREATE TABLE partnerauth_meta (
	id INTEGER NOT NULL, 
	marker TEXT NOT NULL, 
	schema_version INTEGER NOT NULL, 
	position BIGINT NOT NULL, 
	CONSTRAINT pk_partnerauth_meta PRIMARY KEY (id), 
	CONSTRAINT ck_partnerauth_meta_single CHECK (id = 1), 
	CONSTRAINT ck_partnerauth_meta_marker_known CHECK (marker = 'partnerauth'), 
	CONSTRAINT ck_partnerauth_meta_position_counted CHECK (position >= 0)
);
INSERT INTO "partnerauth_meta" VALUES(1,'partnerauth',1,53);
CREATE TABLE partnerauth_organisation (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	street TEXT NOT NULL, 
	town TEXT NOT NULL, 
	country TEXT NOT NULL, 
	name_key TEXT NOT NULL, 
	options TEXT NOT NULL, 
	subcontractor BOOLEAN NOT NULL, 
	requested BOOLEAN NOT NULL, 
	CONSTRAINT pk_partnerauth_organisation PRIMARY KEY (id), 
	CONSTRAINT ck_partnerauth_organisation_id_filled CHECK (length(id) > 0)
);
INSERT INTO "partnerauth_organisation" VALUES(5,1,'acme','The acme','','','','theacme','["ftp"]',0,0);
INSERT INTO "partnerauth_organisation" VALUES(2,2,'print','The print','','','','theprint','[]',1,0);
CREATE TABLE partnerauth_organisation_domain (
	domain TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_organisation_domain PRIMARY KEY (domain, organisation_id), 
	CONSTRAINT ck_partnerauth_organisation_domain_domain_filled CHECK (length(domain) > 0), 
	CONSTRAINT fk_partnerauth_organisation_domain_organisation_id FOREIGN KEY(organisation_id) REFERENCES partnerauth_organisation (id) ON DELETE CASCADE
);
CREATE TABLE partnerauth_organisation_name (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	town TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_organisation_name PRIMARY KEY (name, town), 
	CONSTRAINT fk_partnerauth_organisation_name_organisation_id FOREIGN KEY(organisation_id) REFERENCES partnerauth_organisation (id)
);
CREATE TABLE partnerauth_outbox (
	id INTEGER NOT NULL, 
	template TEXT NOT NULL, 
	address TEXT NOT NULL, 
	language TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	token TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	sent BOOLEAN NOT NULL, 
	CONSTRAINT pk_partnerauth_outbox PRIMARY KEY (id), 
	CONSTRAINT ck_partnerauth_outbox_template_filled CHECK (length(template) > 0), 
	CONSTRAINT ck_partnerauth_outbox_address_filled CHECK (length(address) > 0)
);
INSERT INTO "partnerauth_outbox" VALUES(1,'access-refused','mallory@acme.example','nl','{"portal":"bpost business portal","name":"mallory@acme.example","address":"mallory@acme.example"}','','2026-01-05 09:00:00.000000',1);
INSERT INTO "partnerauth_outbox" VALUES(2,'access-granted','chief-acme@acme.example','nl','{"portal":"bpost business portal","name":"chief-acme@acme.example","address":"chief-acme@acme.example"}','link-ir7htqwhfm6shd62ayvj6rtnbg4eo7c7','2026-01-05 09:00:00.000000',1);
INSERT INTO "partnerauth_outbox" VALUES(3,'access-granted','chief-print@print.example','nl','{"portal":"bpost business portal","name":"chief-print@print.example","address":"chief-print@print.example"}','link-w2bb6mr4q3c4az7h5jfyj54ccfz3vreo','2026-01-05 09:00:00.000000',1);
INSERT INTO "partnerauth_outbox" VALUES(4,'temporary-password','ben@acme.example','nl','{"portal":"bpost business portal","name":"Jo Peeters","address":"ben@acme.example","username":"ben"}','password-ctmownblu44x2qd4bs3sbfxh2qfxs3ty','2026-01-05 09:00:00.000000',0);
INSERT INTO "partnerauth_outbox" VALUES(5,'temporary-password','pia@print.example','nl','{"portal":"bpost business portal","name":"Jo Peeters","address":"pia@print.example","username":"pia"}','password-qiedwknyfcz2zpmffwbqji53uioysgjy','2026-01-05 09:00:00.000000',0);
INSERT INTO "partnerauth_outbox" VALUES(6,'password-reset','ben@acme.example','nl','{"portal":"bpost business portal","name":"Jo Peeters","address":"ben@acme.example","username":"ben"}','link-r6ucdspbzdzy2nkxcwvbc7i5zbqucwzk','2026-01-05 09:00:00.000000',0);
INSERT INTO "partnerauth_outbox" VALUES(7,'confirm-email','ben.peeters@acme.example','nl','{"portal":"bpost business portal","name":"Jo Peeters","address":"ben.peeters@acme.example"}','link-owkcmh6if5xp47cx2izptjsyyop7xqrz','2026-01-05 09:00:00.000000',0);
INSERT INTO "partnerauth_outbox" VALUES(8,'email-changed','ben@acme.example','nl','{"portal":"bpost business portal","name":"Jo Peeters","address":"ben@acme.example"}','','2026-01-05 09:00:00.000000',0);
INSERT INTO "partnerauth_outbox" VALUES(9,'password-reset','pia@print.example','nl','{"portal":"bpost business portal","name":"Jo Peeters","address":"pia@print.example","username":"pia"}','link-kgt5ikmjq35cjf7hwzduxjrf3wijwxej','2026-01-05 09:05:00.000000',0);
CREATE TABLE partnerauth_selection (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	user_id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	application TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_selection PRIMARY KEY (user_id, account_id, application), 
	CONSTRAINT ck_partnerauth_selection_application_filled CHECK (length(application) > 0), 
	CONSTRAINT fk_partnerauth_selection_user_id FOREIGN KEY(user_id) REFERENCES partnerauth_user (id), 
	CONSTRAINT fk_partnerauth_selection_account_id FOREIGN KEY(account_id) REFERENCES partnerauth_account (id)
);
INSERT INTO "partnerauth_selection" VALUES(9,9,'u-gehsez645uoubmyycebugnm3','acme/hq','emasspost');
INSERT INTO "partnerauth_selection" VALUES(14,14,'u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost');
INSERT INTO "partnerauth_selection" VALUES(30,28,'u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost');
INSERT INTO "partnerauth_selection" VALUES(35,34,'u-hfiuav5d7fgra7nkurzqqd7t','acme/hq','emasspost');
CREATE TABLE partnerauth_selection_element (
	user_id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	application TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	source TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_selection_element PRIMARY KEY (user_id, account_id, application, kind, name), 
	CONSTRAINT ck_partnerauth_selection_element_kind_filled CHECK (length(kind) > 0), 
	CONSTRAINT fk_partnerauth_selection_element_user_id_account_id_application FOREIGN KEY(user_id, account_id, application) REFERENCES partnerauth_selection (user_id, account_id, application) ON DELETE CASCADE
);
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','billing-address','B1','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','billing-address','B2','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','clean-mail','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','distripost-2008','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','distripost-agreement','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','distripost-periodical','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','distripost-printed-matter','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','international-parcels-deferred','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','international-parcels-express','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','kilopost','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','kilopost-agreement','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','letter','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','non-prior','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','non-urgent-commercial','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','periodical','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','printed-matter','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','prior','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','registered-prior','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','reserve-1','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','reserve-2','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','selectapost','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','taxipost','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','taxipost-international','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','uw-rd','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','product','uw-rd-rp-plus','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','address-file-tool','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','administrator-role','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','check-mailing-list','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','confirmation','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','contracts','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','create-mailing-list','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','creation','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','delete-mailing-list','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','deposit-composition','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','deposit-declaration','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','general-follow-up','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-gehsez645uoubmyycebugnm3','acme/hq','emasspost','right','view-prices','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','billing-address','B1','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','billing-address','B2','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','clean-mail','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','distripost-2008','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','distripost-agreement','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','distripost-periodical','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','distripost-printed-matter','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','international-parcels-deferred','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','international-parcels-express','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','kilopost','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','kilopost-agreement','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','letter','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','non-prior','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','non-urgent-commercial','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','periodical','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','printed-matter','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','prior','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','registered-prior','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','reserve-1','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','reserve-2','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','selectapost','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','taxipost','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','taxipost-international','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','uw-rd','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','product','uw-rd-rp-plus','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','address-file-tool','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','administrator-role','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','check-mailing-list','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','confirmation','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','contracts','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','create-mailing-list','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','creation','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','delete-mailing-list','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','deposit-composition','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','deposit-declaration','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','general-follow-up','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-2bkvmaxhgtize4kpm24cybov','print/hq','emasspost','right','view-prices','operator:operator','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','billing-address','B1','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','letter','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','creation','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','billing-address','B2','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','clean-mail','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','distripost-2008','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','distripost-agreement','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','distripost-periodical','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','distripost-printed-matter','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','international-parcels-deferred','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','international-parcels-express','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','kilopost','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','kilopost-agreement','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','non-prior','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','non-urgent-commercial','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','periodical','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','printed-matter','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','prior','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','registered-prior','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','reserve-1','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','reserve-2','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','selectapost','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','taxipost','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','taxipost-international','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','uw-rd','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','product','uw-rd-rp-plus','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','address-file-tool','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','administrator-role','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','check-mailing-list','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','contracts','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','create-mailing-list','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','delete-mailing-list','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','deposit-composition','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','deposit-declaration','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','general-follow-up','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-s2mruohfydeuwl6xvevcv27z','acme/hq','emasspost','right','view-prices','u-gehsez645uoubmyycebugnm3','2026-01-05 09:00:00.000000','');
INSERT INTO "partnerauth_selection_element" VALUES('u-hfiuav5d7fgra7nkurzqqd7t','acme/hq','emasspost','right','creation','u-2bkvmaxhgtize4kpm24cybov','2026-01-05 09:00:00.000000','s-o5rxcs6gimcgdkeydqqeg7fa');
CREATE TABLE partnerauth_session (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	digest TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	browser TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	epoch INTEGER NOT NULL, 
	ended TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_session PRIMARY KEY (digest), 
	CONSTRAINT ck_partnerauth_session_digest_filled CHECK (length(digest) > 0), 
	CONSTRAINT ck_partnerauth_session_epoch_counted CHECK (epoch >= 0), 
	CONSTRAINT fk_partnerauth_session_user_id FOREIGN KEY(user_id) REFERENCES partnerauth_user (id)
);
INSERT INTO "partnerauth_session" VALUES(12,12,'99f4825bb043fd4b92c93ef6b4eedb451998afc5bb21a391cc732a43b0d5795a','u-gehsez645uoubmyycebugnm3','chief-acme','2026-01-05 09:00:00.000000','2026-01-05 21:00:00.000000',1,'');
INSERT INTO "partnerauth_session" VALUES(17,17,'40b68fe6a0175f3d1809a650e2b6b1aa12acf91b0ef3aca9af988b97bbfea081','u-2bkvmaxhgtize4kpm24cybov','chief-print','2026-01-05 09:00:00.000000','2026-01-05 21:00:00.000000',1,'');
INSERT INTO "partnerauth_session" VALUES(49,20,'32f3d0b8011504bf77f4aa3eaf77420178a329e2a08ce1e7f59fd77c4977c265','u-s2mruohfydeuwl6xvevcv27z','ben','2026-01-05 09:00:00.000000','2026-01-05 21:00:00.000000',2,'sign-in-required');
INSERT INTO "partnerauth_session" VALUES(27,25,'789fa31985f0b50c48464390c28a484b060ed2226f401e387fa9d1759f74a256','u-hfiuav5d7fgra7nkurzqqd7t','pia','2026-01-05 09:00:00.000000','2026-01-05 21:00:00.000000',2,'');
INSERT INTO "partnerauth_session" VALUES(49,42,'3156922037c746bfd39e8e2325de4efded070b26538f72da14f8b2871450c041','u-s2mruohfydeuwl6xvevcv27z','ben','2026-01-05 09:00:00.000000','2026-01-05 21:00:00.000000',3,'sign-in-required');
INSERT INTO "partnerauth_session" VALUES(49,48,'f8f9f39ec8a0f50eecb06e4f240554a27896b43f3f2723adf0ff7cf28aa72dea','u-s2mruohfydeuwl6xvevcv27z','ben','2026-01-05 09:00:00.000000','2026-01-05 21:00:00.000000',5,'sign-in-required');
CREATE TABLE partnerauth_sso_link (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	issuer TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_sso_link PRIMARY KEY (issuer, subject), 
	CONSTRAINT ck_partnerauth_sso_link_issuer_filled CHECK (length(issuer) > 0), 
	CONSTRAINT ck_partnerauth_sso_link_subject_filled CHECK (length(subject) > 0), 
	CONSTRAINT fk_partnerauth_sso_link_user_id FOREIGN KEY(user_id) REFERENCES partnerauth_user (id)
);
CREATE TABLE partnerauth_token (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	epoch INTEGER NOT NULL, 
	used BOOLEAN NOT NULL, 
	facts TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_token PRIMARY KEY (id), 
	CONSTRAINT ck_partnerauth_token_id_filled CHECK (length(id) > 0), 
	CONSTRAINT ck_partnerauth_token_digest_filled CHECK (length(digest) > 0), 
	CONSTRAINT ck_partnerauth_token_epoch_counted CHECK (epoch >= 0), 
	CONSTRAINT ck_partnerauth_token_purpose_known CHECK (purpose IN ('reset', 'email-change', 'invitation', 'verification', 'registration')), 
	CONSTRAINT uq_partnerauth_token_digest UNIQUE (digest)
);
INSERT INTO "partnerauth_token" VALUES(10,9,'link-ir7htqwhfm6shd62ayvj6rtnbg4eo7c7','f1a856c1472d62f410bfe39d263b8a4b730ab0d7275ca717ff71d4a2f4d23bc7','reset','u-gehsez645uoubmyycebugnm3','2026-01-05 10:00:00.000000',0,1,'{}');
INSERT INTO "partnerauth_token" VALUES(15,14,'link-w2bb6mr4q3c4az7h5jfyj54ccfz3vreo','b4438fad60778f6d324467dcf8bdac24ece1ba9499a9fe4f5a37178c7862685c','reset','u-2bkvmaxhgtize4kpm24cybov','2026-01-05 10:00:00.000000',0,1,'{}');
INSERT INTO "partnerauth_token" VALUES(40,39,'link-r6ucdspbzdzy2nkxcwvbc7i5zbqucwzk','523b62c0ef551d9462872b027078f044e9cdf30478c8d84ed9644582cc009b9a','reset','u-s2mruohfydeuwl6xvevcv27z','2026-01-05 10:00:00.000000',2,1,'{}');
INSERT INTO "partnerauth_token" VALUES(45,44,'link-owkcmh6if5xp47cx2izptjsyyop7xqrz','1534cf6563281993de45bc5668d2e752e69b692fe33be8db3ba1a20aeef8ba24','email-change','u-s2mruohfydeuwl6xvevcv27z','2026-01-06 09:00:00.000000',3,1,'{"email":"ben.peeters@acme.example"}');
INSERT INTO "partnerauth_token" VALUES(53,53,'link-kgt5ikmjq35cjf7hwzduxjrf3wijwxej','441f21689ed40ee33a38c4ff79c72f016be384c36d431c453c31ff073d3fcf83','reset','u-hfiuav5d7fgra7nkurzqqd7t','2026-01-05 10:05:00.000000',2,0,'{}');
CREATE TABLE partnerauth_user (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	email TEXT NOT NULL, 
	domain TEXT NOT NULL, 
	username TEXT NOT NULL, 
	details TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	deactivated_by TEXT NOT NULL, 
	notifications BOOLEAN NOT NULL, 
	CONSTRAINT pk_partnerauth_user PRIMARY KEY (id), 
	CONSTRAINT ck_partnerauth_user_id_filled CHECK (length(id) > 0), 
	CONSTRAINT ck_partnerauth_user_state_known CHECK (state IN ('invited', 'pending-approval', 'active', 'deactivated', 'rejected')), 
	CONSTRAINT uq_partnerauth_user_id_organisation_id_state UNIQUE (id, organisation_id, state), 
	CONSTRAINT fk_partnerauth_user_organisation_id FOREIGN KEY(organisation_id) REFERENCES partnerauth_organisation (id)
);
INSERT INTO "partnerauth_user" VALUES(7,6,'u-biqp4cqrfcr5hgosaw5h7ubn','acme','rejected','mallory@acme.example','acme.example','mallory','{"language":"nl"}','visitor','',0);
INSERT INTO "partnerauth_user" VALUES(10,8,'u-gehsez645uoubmyycebugnm3','acme','active','chief-acme@acme.example','acme.example','chief-acme','{"language":"nl"}','visitor','',0);
INSERT INTO "partnerauth_user" VALUES(15,13,'u-2bkvmaxhgtize4kpm24cybov','print','active','chief-print@print.example','print.example','chief-print','{"language":"nl"}','visitor','',0);
INSERT INTO "partnerauth_user" VALUES(52,18,'u-s2mruohfydeuwl6xvevcv27z','acme','active','ben.peeters@acme.example','acme.example','ben','{"language":"nl","gender":"woman","first-name":"Jo","last-name":"Peeters","phone":"+32 2 000 00 00"}','u-gehsez645uoubmyycebugnm3','',0);
INSERT INTO "partnerauth_user" VALUES(23,23,'u-hfiuav5d7fgra7nkurzqqd7t','print','active','pia@print.example','print.example','pia','{"language":"nl","gender":"woman","first-name":"Jo","last-name":"Peeters"}','u-2bkvmaxhgtize4kpm24cybov','',0);
CREATE TABLE partnerauth_version (
	organisation_id TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	CONSTRAINT pk_partnerauth_version PRIMARY KEY (organisation_id), 
	CONSTRAINT ck_partnerauth_version_version_counted CHECK (version >= 0)
);
INSERT INTO "partnerauth_version" VALUES('acme',20);
INSERT INTO "partnerauth_version" VALUES('print',7);
CREATE INDEX ix_partnerauth_log_organisation_id_position ON partnerauth_log (organisation_id, position);
CREATE INDEX ix_partnerauth_log_about_position ON partnerauth_log (about, position);
CREATE INDEX ix_partnerauth_outbox_sent_id ON partnerauth_outbox (sent, id);
CREATE INDEX ix_partnerauth_outbox_address ON partnerauth_outbox (address);
CREATE INDEX ix_partnerauth_organisation_name_key ON partnerauth_organisation (name_key);
CREATE INDEX ix_partnerauth_organisation_domain_organisation_id ON partnerauth_organisation_domain (organisation_id);
CREATE INDEX ix_partnerauth_organisation_name_organisation_id ON partnerauth_organisation_name (organisation_id);
CREATE INDEX ix_partnerauth_account_organisation_id ON partnerauth_account (organisation_id);
CREATE INDEX ix_partnerauth_user_domain ON partnerauth_user (domain);
CREATE INDEX ix_partnerauth_user_organisation_id_state_arrival_id ON partnerauth_user (organisation_id, state, arrival, id);
CREATE INDEX ix_partnerauth_latest_token_token_id ON partnerauth_latest_token (token_id);
CREATE INDEX ix_partnerauth_linked_domain_organisation_id ON partnerauth_linked_domain (organisation_id);
CREATE INDEX ix_partnerauth_management_organisation_id_management_state_user_id ON partnerauth_management (organisation_id, management, state, user_id);
CREATE INDEX ix_partnerauth_login_name_user_id ON partnerauth_login_name (user_id);
CREATE INDEX ix_partnerauth_selection_account_id_application ON partnerauth_selection (account_id, application);
CREATE INDEX ix_partnerauth_delegation_organisation_id ON partnerauth_delegation (organisation_id);
CREATE INDEX ix_partnerauth_session_user_id ON partnerauth_session (user_id);
CREATE INDEX ix_partnerauth_session_browser_ended ON partnerauth_session (browser, ended);
CREATE INDEX ix_partnerauth_sso_link_user_id ON partnerauth_sso_link (user_id);
CREATE INDEX ix_partnerauth_invitation_by ON partnerauth_invitation ("by");
CREATE INDEX ix_partnerauth_case_organisation_id ON partnerauth_case (organisation_id);
CREATE INDEX ix_partnerauth_case_reporter ON partnerauth_case (reporter);
CREATE INDEX ix_partnerauth_latest_session_digest ON partnerauth_latest_session (digest);
COMMIT;
