-- name: lock_model
-- Takes a model for an apply, so that two appliers follow one another.
SELECT id, code, title, revision, state FROM model WHERE code = :code FOR UPDATE;

-- name: model
-- One model by code.
SELECT id, code, title, revision, state FROM model WHERE code = :code;

-- name: model_by_id
-- One model by id.
SELECT id, code, title, revision, state FROM model WHERE id = :id;

-- name: models
-- All models; first the one whose newest version was opened last: that is where people work.
SELECT id, code, title, revision, state FROM model
ORDER BY (SELECT max(v.id) FROM version v WHERE v.model_id = model.id) DESC NULLS LAST, code;

-- name: insert_model
-- A new model; no row when the code was taken meanwhile.
INSERT INTO model (code, title, revision, state) VALUES (:code, :title, 1, nextval('model_state'))
ON CONFLICT (code) DO NOTHING RETURNING id;

-- name: advance_model
-- The model stands at a new revision.
UPDATE model SET revision = :revision, title = :title, state = nextval('model_state') WHERE id = :id;

-- name: touch_model
-- The model's members changed without a revision.
UPDATE model SET state = nextval('model_state') WHERE id = :id;

-- name: insert_revision
-- Appends a revision.
INSERT INTO model_revision (model_id, number, parent, author_id, author, at, reason, package)
VALUES (:model_id, :number, :parent, :author_id, :author, :at, :reason, CAST(:package AS jsonb));

-- name: package
-- The text of a revision.
SELECT package FROM model_revision WHERE model_id = :model_id AND number = :number;

-- name: revisions
-- The revisions of a model, newest first, without their text.
SELECT number, parent, author, at, reason FROM model_revision WHERE model_id = :model_id ORDER BY number DESC;

-- name: dimensions
-- A model's dimensions.
SELECT id, code, name, managed, next_id FROM dimension WHERE model_id = :model_id ORDER BY code;

-- name: upsert_dimension
-- Makes sure a dimension exists.
INSERT INTO dimension (model_id, code, name, managed) VALUES (:model_id, :code, :name, :managed)
ON CONFLICT (model_id, code) DO UPDATE SET name = excluded.name, managed = excluded.managed RETURNING id, next_id;

-- name: lock_dimension
-- Takes a dimension to deal member ids.
SELECT d.id, d.managed, d.next_id FROM dimension d WHERE d.model_id = :model_id AND d.code = :code FOR UPDATE;

-- name: set_next_id
-- Member ids up to here are given out.
UPDATE dimension SET next_id = :next_id WHERE id = :id;

-- name: members
-- Every member a model ever had, by dimension and id.
SELECT d.code AS dimension, m.id, m.code, m.name, m.properties, m.from_data, m.parent, m.weight, m.closed_at
FROM member m JOIN dimension d ON d.id = m.dimension_id WHERE d.model_id = :model_id ORDER BY d.code, m.id;

-- name: member
-- One member of a dimension.
SELECT id, code, closed_at, from_data FROM member WHERE dimension_id = :dimension_id AND code = :code;

-- name: insert_member
-- A new member.
INSERT INTO member (dimension_id, id, code, name, properties, from_data, parent, weight)
VALUES (:dimension_id, :id, :code, :name, CAST(:properties AS jsonb), :from_data, :parent, :weight);

-- name: update_member
-- The member as the package has it now, open.
UPDATE member SET name = :name, properties = CAST(:properties AS jsonb), closed_at = NULL
WHERE dimension_id = :dimension_id AND id = :id;

-- name: close_member
-- The package no longer has the member; its id is not given out again.
UPDATE member SET closed_at = :revision WHERE dimension_id = :dimension_id AND id = :id;

-- name: insert_own_leaf
-- The 本级 of a member that got its first child from data.
INSERT INTO member (dimension_id, id, code, name) SELECT id, next_id, :code, :code FROM dimension WHERE id = :dimension_id;

-- name: take_id
-- One more member id is given out.
UPDATE dimension SET next_id = next_id + 1 WHERE id = :dimension_id;
