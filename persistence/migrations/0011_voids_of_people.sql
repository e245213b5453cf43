-- What was taken back from a person: asked for by the audit, in pages of people.
CREATE INDEX contribution_voids_user_id ON contribution_voids (user_id, day);
