-- Spreads the rights and resources of users over four partitions each, by a hash of the user, in PostgreSQL.
--
--     partnerauth db upgrade --store postgresql://…/portal      (once, so that the tables are there)
--     psql --single-transaction --set ON_ERROR_STOP=1 --file examples/partitions.sql postgresql://…/portal
--
-- Nothing else changes: the portal runs on, `partnerauth db check` says what it said before.  Whoever writes meanwhile
-- waits.  Partitions may be put on other disks (TABLESPACE), which is what they are for.

ALTER TABLE partnerauth_selection RENAME TO whole_selection;
ALTER TABLE partnerauth_selection_element RENAME TO whole_selection_element;

CREATE TABLE partnerauth_selection (LIKE whole_selection INCLUDING CONSTRAINTS) PARTITION BY HASH (user_id);
CREATE TABLE partnerauth_selection_0 PARTITION OF partnerauth_selection FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE partnerauth_selection_1 PARTITION OF partnerauth_selection FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE partnerauth_selection_2 PARTITION OF partnerauth_selection FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE partnerauth_selection_3 PARTITION OF partnerauth_selection FOR VALUES WITH (MODULUS 4, REMAINDER 3);

CREATE TABLE partnerauth_selection_element (LIKE whole_selection_element INCLUDING CONSTRAINTS)
  PARTITION BY HASH (user_id);
CREATE TABLE partnerauth_selection_element_0 PARTITION OF partnerauth_selection_element
  FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE partnerauth_selection_element_1 PARTITION OF partnerauth_selection_element
  FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE partnerauth_selection_element_2 PARTITION OF partnerauth_selection_element
  FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE partnerauth_selection_element_3 PARTITION OF partnerauth_selection_element
  FOR VALUES WITH (MODULUS 4, REMAINDER 3);

INSERT INTO partnerauth_selection SELECT * FROM whole_selection;
INSERT INTO partnerauth_selection_element SELECT * FROM whole_selection_element;
DROP TABLE whole_selection_element, whole_selection;

-- Keys, indexes and references come last: filling them row by row would take longer.
ALTER TABLE partnerauth_selection
  ADD CONSTRAINT pk_partnerauth_selection PRIMARY KEY (user_id, account_id, application),
  ADD CONSTRAINT fk_partnerauth_selection_user_id FOREIGN KEY (user_id) REFERENCES partnerauth_user (id),
  ADD CONSTRAINT fk_partnerauth_selection_account_id FOREIGN KEY (account_id) REFERENCES partnerauth_account (id);
CREATE INDEX ix_partnerauth_selection_account_id_application ON partnerauth_selection (account_id, application);
ALTER TABLE partnerauth_selection_element
  ADD CONSTRAINT pk_partnerauth_selection_element PRIMARY KEY (user_id, account_id, application, kind, name),
  ADD CONSTRAINT fk_partnerauth_selection_element_user_id_account_id_application
    FOREIGN KEY (user_id, account_id, application)
    REFERENCES partnerauth_selection (user_id, account_id, application) ON DELETE CASCADE;
