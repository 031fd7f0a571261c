BEGIN TRANSACTION;
CREATE TABLE partnerauth_access_request (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	user_id TEXT NOT NULL, 
	wanted TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_access_request PRIMARY KEY (user_id), 
	CONSTRAINT fk_partnerauth_access_request_user_id FOREIGN KEY(user_id) REFERENCES partnerauth_user (id)
);
INSERT INTO "partnerauth_access_request" VALUES(1,1,'u-pia','[["print/new","stamp"],["acme/hq","post"]]');
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
INSERT INTO "partnerauth_account" VALUES(1,1,'acme/hq','acme','Headquarters','["post","stamp"]','{"C-2":{"active":false,"kind":"parcel"},"C-1":{"active":true,"kind":""}}','["B1","B2"]');
INSERT INTO "partnerauth_account" VALUES(1,1,'acme/depot','acme','Depot','[]','{}','[]');
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
INSERT INTO "partnerauth_attempts" VALUES(1,1,'user:u-zanna',4,'2026-03-29 12:00:00.123456','2026-03-29 12:05:00.123456',2);
INSERT INTO "partnerauth_attempts" VALUES(1,1,'source:here',0,NULL,NULL,0);
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
INSERT INTO "partnerauth_case" VALUES(1,1,'case-2','acme','u-dora','repair','{"model":"X","defect":""}','order-received','{"u-dora":false,"u-zanna":true}');
INSERT INTO "partnerauth_case" VALUES(1,1,'case-1','acme','u-zanna','repair','{}','','{}');
CREATE TABLE partnerauth_change (
	position BIGINT NOT NULL, 
	number INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	fields TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_change PRIMARY KEY (position, number), 
	CONSTRAINT ck_partnerauth_change_kind_filled CHECK (length(kind) > 0)
);
INSERT INTO "partnerauth_change" VALUES(1,1,'OrganisationById','["acme"]');
INSERT INTO "partnerauth_change" VALUES(1,2,'OrganisationById','["print"]');
INSERT INTO "partnerauth_change" VALUES(1,3,'AccountById','["acme/hq"]');
INSERT INTO "partnerauth_change" VALUES(1,4,'AccountById','["acme/depot"]');
INSERT INTO "partnerauth_change" VALUES(1,5,'UserById','["u-zanna"]');
INSERT INTO "partnerauth_change" VALUES(1,6,'UserById','["u-ben"]');
INSERT INTO "partnerauth_change" VALUES(1,7,'UserById','["u-carl"]');
INSERT INTO "partnerauth_change" VALUES(1,8,'UserById','["u-dora"]');
INSERT INTO "partnerauth_change" VALUES(1,9,'UserById','["u-pia"]');
INSERT INTO "partnerauth_change" VALUES(1,10,'CredentialOf','["u-carl"]');
INSERT INTO "partnerauth_change" VALUES(1,11,'CredentialOf','["u-dora"]');
INSERT INTO "partnerauth_change" VALUES(1,12,'SelectionOf','["u-dora","acme/hq","post"]');
INSERT INTO "partnerauth_change" VALUES(1,13,'SelectionOf','["u-ben","acme/hq","post"]');
INSERT INTO "partnerauth_change" VALUES(1,14,'SelectionOf','["u-ben","acme/depot","stamp"]');
INSERT INTO "partnerauth_change" VALUES(1,15,'DelegationTo','["acme/hq","post","print"]');
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
INSERT INTO "partnerauth_credential" VALUES(1,1,'u-carl','$argon2id$no-password-has-this-hash',NULL,3,1);
INSERT INTO "partnerauth_credential" VALUES(1,1,'u-dora','','2026-03-29 12:00:00.123456',0,0);
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
INSERT INTO "partnerauth_delegation" VALUES(1,1,'acme/hq','post','print');
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
INSERT INTO "partnerauth_delegation_element" VALUES('acme/hq','post','print','product','letter','u-zanna','2026-03-29 12:00:00.123456','g-1');
INSERT INTO "partnerauth_delegation_element" VALUES('acme/hq','post','print','right','creation','u-zanna','2026-03-29 12:00:00.123456','g-1');
CREATE TABLE partnerauth_feed_state (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	feed TEXT NOT NULL, 
	sequence BIGINT NOT NULL, 
	CONSTRAINT pk_partnerauth_feed_state PRIMARY KEY (feed), 
	CONSTRAINT ck_partnerauth_feed_state_feed_filled CHECK (length(feed) > 0)
);
INSERT INTO "partnerauth_feed_state" VALUES(1,1,'allow-list',1099511627776);
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
INSERT INTO "partnerauth_invitation" VALUES(1,1,'u-ben','u-zanna',1,'[["acme/hq","post",[["right","creation"],["product","letter"]]]]');
CREATE TABLE partnerauth_latest_session (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	browser TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_latest_session PRIMARY KEY (browser), 
	CONSTRAINT fk_partnerauth_latest_session_digest FOREIGN KEY(digest) REFERENCES partnerauth_session (digest)
);
INSERT INTO "partnerauth_latest_session" VALUES(1,1,'firefox','s-2');
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
INSERT INTO "partnerauth_latest_token" VALUES(1,1,'u-zanna','email-change','link-1');
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
INSERT INTO "partnerauth_linked_domain" VALUES(1,1,'acme.example','acme',1);
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
INSERT INTO "partnerauth_log" VALUES(1,1,'acme','2026-03-29 12:00:00.123456','visitor','CommandRefused','u-zanna',1,'{"organisation":"acme","by":"visitor","at":"2026-03-29T12:00:00.123456+00:00","command":"sign-in","codes":["wrong-password"],"subject":"u-zanna"}');
CREATE TABLE partnerauth_login_name (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	"key" TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_login_name PRIMARY KEY ("key"), 
	CONSTRAINT ck_partnerauth_login_name_key_filled CHECK (length(key) > 0), 
	CONSTRAINT fk_partnerauth_login_name_user_id FOREIGN KEY(user_id) REFERENCES partnerauth_user (id)
);
INSERT INTO "partnerauth_login_name" VALUES(1,1,'zanna@xn--bcher-kva.example','u-zanna');
INSERT INTO "partnerauth_login_name" VALUES(1,1,'u-zanna','u-zanna');
CREATE TABLE partnerauth_management (
	user_id TEXT NOT NULL, 
	management TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_management PRIMARY KEY (user_id, management), 
	CONSTRAINT ck_partnerauth_management_management_filled CHECK (length(management) > 0), 
	CONSTRAINT fk_partnerauth_management_user_id_organisation_id_state FOREIGN KEY(user_id, organisation_id, state) REFERENCES partnerauth_user (id, organisation_id, state) ON DELETE CASCADE ON UPDATE CASCADE
);
INSERT INTO "partnerauth_management" VALUES('u-zanna','manage-administrators','acme','active');
INSERT INTO "partnerauth_management" VALUES('u-zanna','manage-users','acme','active');
INSERT INTO "partnerauth_management" VALUES('u-ben','manage-users','acme','invited');
INSERT INTO "partnerauth_management" VALUES('u-carl','manage-administrators','acme','deactivated');
INSERT INTO "partnerauth_management" VALUES('u-pia','manage-users','print','pending-approval');
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
INSERT INTO "partnerauth_meta" VALUES(1,'partnerauth',1,1);
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
INSERT INTO "partnerauth_organisation" VALUES(1,1,'acme','Acme N.V.','Rue Neuve 1','Liège','BE','acmenv','["ftp"]',0,1);
INSERT INTO "partnerauth_organisation" VALUES(1,1,'print','ACME nv','','','','acmenv','[]',1,0);
CREATE TABLE partnerauth_organisation_domain (
	domain TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_organisation_domain PRIMARY KEY (domain, organisation_id), 
	CONSTRAINT ck_partnerauth_organisation_domain_domain_filled CHECK (length(domain) > 0), 
	CONSTRAINT fk_partnerauth_organisation_domain_organisation_id FOREIGN KEY(organisation_id) REFERENCES partnerauth_organisation (id) ON DELETE CASCADE
);
INSERT INTO "partnerauth_organisation_domain" VALUES('acme.example','acme');
INSERT INTO "partnerauth_organisation_domain" VALUES('xn--bcher-kva.example','acme');
CREATE TABLE partnerauth_organisation_name (
	revision BIGINT NOT NULL, 
	arrival BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	town TEXT NOT NULL, 
	organisation_id TEXT NOT NULL, 
	CONSTRAINT pk_partnerauth_organisation_name PRIMARY KEY (name, town), 
	CONSTRAINT fk_partnerauth_organisation_name_organisation_id FOREIGN KEY(organisation_id) REFERENCES partnerauth_organisation (id)
);
INSERT INTO "partnerauth_organisation_name" VALUES(1,1,'acmenv','liege','acme');
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
INSERT INTO "partnerauth_outbox" VALUES(1,'hello','anna@acme.example','nl','{"name":"A","a":""}','link-1','2026-03-29 12:00:00.123456',1);
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
INSERT INTO "partnerauth_selection" VALUES(1,1,'u-dora','acme/hq','post');
INSERT INTO "partnerauth_selection" VALUES(1,1,'u-ben','acme/hq','post');
INSERT INTO "partnerauth_selection" VALUES(1,1,'u-ben','acme/depot','stamp');
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
INSERT INTO "partnerauth_selection_element" VALUES('u-dora','acme/hq','post','product','letter','u-zanna','2026-03-29 12:00:00.123456','');
INSERT INTO "partnerauth_selection_element" VALUES('u-dora','acme/hq','post','right','creation','u-zanna','2026-03-29 12:00:00.123456','');
INSERT INTO "partnerauth_selection_element" VALUES('u-ben','acme/hq','post','right','creation','operator:x','2026-03-29 12:00:00.123456','');
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
INSERT INTO "partnerauth_session" VALUES(1,1,'s-2','u-zanna','firefox','2026-03-29 12:00:00.123456','2026-03-30 12:00:00.123456',2,'');
INSERT INTO "partnerauth_session" VALUES(1,1,'s-1','u-zanna','firefox','2026-03-29 12:00:00.123456','2026-03-30 12:00:00.123456',2,'session-replaced');
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
INSERT INTO "partnerauth_sso_link" VALUES(1,1,'https://issuer.example','anna-2','entra','u-zanna');
INSERT INTO "partnerauth_sso_link" VALUES(1,1,'https://issuer.example','anna-1','entra','u-zanna');
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
INSERT INTO "partnerauth_token" VALUES(1,1,'link-1','digest-1','email-change','u-zanna','2026-03-29 12:00:00.123456',2,1,'{"email":"new@acme.example"}');
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
INSERT INTO "partnerauth_user" VALUES(1,1,'u-zanna','acme','active','zanna@xn--bcher-kva.example zanna@Bücher.example','xn--bcher-kva.example','U-ZANNA','{"last-name":"\u0141o\u00eb \u201cd''Or\u201d\\\n\ud83d\udcee","first-name":""}','u-zanna','',1);
INSERT INTO "partnerauth_user" VALUES(1,1,'u-ben','acme','invited','ben@xn--bcher-kva.example ben@Bücher.example','xn--bcher-kva.example','U-BEN','{"last-name":"\u0141o\u00eb \u201cd''Or\u201d\\\n\ud83d\udcee","first-name":""}','u-zanna','',1);
INSERT INTO "partnerauth_user" VALUES(1,1,'u-carl','acme','deactivated','carl@xn--bcher-kva.example carl@Bücher.example','xn--bcher-kva.example','U-CARL','{"last-name":"\u0141o\u00eb \u201cd''Or\u201d\\\n\ud83d\udcee","first-name":""}','u-zanna','',1);
INSERT INTO "partnerauth_user" VALUES(1,1,'u-dora','acme','active','dora@xn--bcher-kva.example dora@Bücher.example','xn--bcher-kva.example','U-DORA','{"last-name":"\u0141o\u00eb \u201cd''Or\u201d\\\n\ud83d\udcee","first-name":""}','u-zanna','',1);
INSERT INTO "partnerauth_user" VALUES(1,1,'u-pia','print','pending-approval','pia@xn--bcher-kva.example pia@Bücher.example','xn--bcher-kva.example','U-PIA','{"last-name":"\u0141o\u00eb \u201cd''Or\u201d\\\n\ud83d\udcee","first-name":""}','u-zanna','',1);
CREATE TABLE partnerauth_version (
	organisation_id TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	CONSTRAINT pk_partnerauth_version PRIMARY KEY (organisation_id), 
	CONSTRAINT ck_partnerauth_version_version_counted CHECK (version >= 0)
);
INSERT INTO "partnerauth_version" VALUES('acme',1);
INSERT INTO "partnerauth_version" VALUES('print',1);
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
