"""The ground: access, models, plan, approval, control, warehouse, integration, monitoring."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("model_state")))
    op.create_table(
        "action_digest",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_action_digest")),
        info={"append_only": True},
    )
    op.create_table(
        "action_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("request_id", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_entry")),
        info={"append_only": True},
    )
    op.create_index("ix_action_entry_at", "action_entry", ["at"], unique=False)
    op.create_index("ix_action_entry_subject", "action_entry", ["subject_kind", "subject_id"], unique=False)
    op.create_table(
        "app_user",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("access_seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("login", name=op.f("uq_app_user_login")),
    )
    op.create_table(
        "backup_lease",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_lease")),
    )
    op.create_table(
        "control_policy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_policy")),
        sa.UniqueConstraint("code", "revision", name=op.f("uq_control_policy_code_revision")),
        info={"append_only": True, "updatable": ("version_id",)},
    )
    op.create_table(
        "deviation_case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_deviation_case_closed")),
        sa.CheckConstraint("kind IN ('variance', 'forced')", name=op.f("ck_deviation_case_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'explained', 'decided', 'approved', 'executed', 'closed')",
            name=op.f("ck_deviation_case_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deviation_case")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_deviation_case_alert_id")),
    )
    op.create_index("ix_deviation_case_due", "deviation_case", ["model", "due_at"], unique=False)
    op.create_index(
        "uq_deviation_case_open",
        "deviation_case",
        ["identity"],
        unique=True,
        postgresql_where=sa.text("state != 'closed'"),
    )
    op.create_table(
        "flow",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow")),
        sa.UniqueConstraint("code", "revision", name=op.f("uq_flow_code_revision")),
        info={"append_only": True},
    )
    op.create_table(
        "idempotency_key",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "model",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("revision > 0", name=op.f("ck_model_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("code", name=op.f("uq_model_code")),
    )
    op.create_table(
        "period_status",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('closed', 'not_open')", name=op.f("ck_period_status_status")),
        sa.PrimaryKeyConstraint("model", "period", name=op.f("pk_period_status")),
    )
    op.create_table(
        "plan_block",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("item_group", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_plan_block_hash")),
        sa.CheckConstraint("rows > 0", name=op.f("ck_plan_block_rows")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_plan_block")),
        info={"append_only": True},
    )
    op.create_table(
        "posting_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_posting_key")),
        info={"append_only": True},
    )
    op.create_table(
        "role",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint("code", name=op.f("uq_role_code")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("ok", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_address_at", "sign_in_attempt", ["address", "at"], unique=False)
    op.create_index("ix_sign_in_attempt_login_at", "sign_in_attempt", ["login", "at"], unique=False)
    op.create_table(
        "source",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_source")),
    )
    op.create_table(
        "version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("bound", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("base_version_id", sa.BigInteger(), nullable=True),
        sa.Column("base_seq", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('open', 'released', 'closed')", name=op.f("ck_version_status")),
        sa.CheckConstraint("(base_version_id IS NULL) = (base_seq IS NULL)", name=op.f("ck_version_base")),
        sa.CheckConstraint("base_version_id <> id", name=op.f("ck_version_not_its_own_base")),
        sa.ForeignKeyConstraint(["base_version_id"], ["version.id"], name=op.f("fk_version_base_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
        sa.UniqueConstraint("model_id", "code", name=op.f("uq_version_model_id_code")),
    )
    op.create_index("uq_version_bound_role", "version", ["model_id", "role"], unique=True, postgresql_where="bound")
    op.create_table(
        "warehouse_file",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_warehouse_file_hash")),
        sa.CheckConstraint("kind IN ('raw', 'parquet')", name=op.f("ck_warehouse_file_kind")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_warehouse_file")),
    )
    op.create_table(
        "action_chain",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["action_entry.id"], name=op.f("fk_action_chain_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_action_chain")),
        sa.UniqueConstraint("day", "position", name="uq_action_chain_day_position"),
        info={"append_only": True},
    )
    op.create_table(
        "case_event",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_case_event_seq")),
        sa.ForeignKeyConstraint(["case_id"], ["deviation_case.id"], name=op.f("fk_case_event_case_id")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_event")),
        info={"append_only": True},
    )
    op.create_table(
        "control_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("stages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["control_policy.id"], name=op.f("fk_control_rule_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_rule")),
        sa.UniqueConstraint("policy_id", "code", name=op.f("uq_control_rule_policy_id_code")),
    )
    op.create_table(
        "control_total",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.code"], name=op.f("fk_control_total_source")),
        sa.PrimaryKeyConstraint("source", "account", "period", name=op.f("pk_control_total")),
    )
    op.create_table(
        "dimension",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("managed", sa.Text(), nullable=False),
        sa.Column("next_id", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("managed IN ('package', 'data')", name=op.f("ck_dimension_managed")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_dimension_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dimension")),
        sa.UniqueConstraint("model_id", "code", name=op.f("uq_dimension_model_id_code")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("idem_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('held', 'released', 'closed')", name=op.f("ck_document_status")),
        sa.ForeignKeyConstraint(["policy_id"], ["control_policy.id"], name=op.f("fk_document_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("policy_id", "kind", "number", name=op.f("uq_document_policy_id_kind_number")),
        sa.UniqueConstraint("requester", "idem_key", name=op.f("uq_document_requester_idem_key")),
    )
    op.create_table(
        "flow_instance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("flow_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requester_id", sa.BigInteger(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('running', 'returned', 'approved', 'rejected', 'withdrawn')",
            name=op.f("ck_flow_instance_status"),
        ),
        sa.ForeignKeyConstraint(["flow_id"], ["flow.id"], name=op.f("fk_flow_instance_flow_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_instance")),
    )
    op.create_index(
        "uq_flow_instance_open_subject",
        "flow_instance",
        ["subject_kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('running', 'returned')"),
    )
    op.create_table(
        "load_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("published_before", sa.BigInteger(), nullable=True),
        sa.Column("records", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("lines_hash", sa.Text(), nullable=True),
        sa.Column("change_seq", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("landed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name=op.f("ck_load_batch_published")),
        sa.CheckConstraint("state IN ('landed', 'prepared', 'published', 'refused')", name=op.f("ck_load_batch_state")),
        sa.ForeignKeyConstraint(["file_hash"], ["warehouse_file.hash"], name=op.f("fk_load_batch_file_hash")),
        sa.ForeignKeyConstraint(["lines_hash"], ["warehouse_file.hash"], name=op.f("fk_load_batch_lines_hash")),
        sa.ForeignKeyConstraint(["source"], ["source.code"], name=op.f("fk_load_batch_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_load_batch")),
    )
    op.create_index("ix_load_batch_source_file_hash", "load_batch", ["source", "file_hash"], unique=False)
    op.create_table(
        "model_revision",
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("package", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("parent IS NULL OR parent = number - 1", name=op.f("ck_model_revision_fast_forward")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_revision_model_id")),
        sa.PrimaryKeyConstraint("model_id", "number", name=op.f("pk_model_revision")),
        info={"append_only": True},
    )
    op.create_table(
        "plan_lock",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('submitted', 'released')", name=op.f("ck_plan_lock_kind")),
        sa.CheckConstraint("why <> ''", name=op.f("ck_plan_lock_why")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_plan_lock_version_id")),
        sa.PrimaryKeyConstraint("version_id", "org", "kind", name=op.f("pk_plan_lock")),
    )
    op.create_table(
        "plan_log",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('edit', 'undo', 'restore', 'merge', 'release', 'revision')", name=op.f("ck_plan_log_kind")
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_plan_log_seq")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_plan_log_version_id")),
        sa.PrimaryKeyConstraint("version_id", "seq", "unit", name=op.f("pk_plan_log")),
        info={"append_only": True},
    )
    op.create_index(
        "ix_plan_log_undoes",
        "plan_log",
        ["version_id", "undoes"],
        unique=False,
        postgresql_where=sa.text("undoes IS NOT NULL"),
    )
    op.create_table(
        "plan_manifest",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("blocks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tails", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("derived", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("frozen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('head', 'branch', 'snapshot', 'submit', 'release')", name=op.f("ck_plan_manifest_kind")
        ),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_plan_manifest_seq")),
        sa.ForeignKeyConstraint(["parent_id"], ["plan_manifest.id"], name=op.f("fk_plan_manifest_parent_id")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_plan_manifest_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_manifest")),
        info={"append_only": True},
    )
    op.create_index("ix_plan_manifest_version_id_seq", "plan_manifest", ["version_id", "seq"], unique=False)
    op.create_index(
        "uq_plan_manifest_name",
        "plan_manifest",
        ["version_id", "name"],
        unique=True,
        postgresql_where=sa.text("kind IN ('snapshot', 'submit', 'release')"),
    )
    op.create_table(
        "plan_unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="preparing", nullable=False),
        sa.Column("submissions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("holder", sa.Text(), server_default="", nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('preparing', 'submitted', 'approved', 'released')", name=op.f("ck_plan_unit_status")
        ),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_plan_unit_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_unit")),
        sa.UniqueConstraint("version_id", "org", name=op.f("uq_plan_unit_version_id_org")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("limits", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("totals", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("effect IN ('allow', 'deny')", name=op.f("ck_role_grant_effect")),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_role_grant_role_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_role_id"), "role_grant", ["role_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_session_user_id")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_user_id"), "session", ["user_id"], unique=False)
    op.create_table(
        "source_revision",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source"], ["source.code"], name=op.f("fk_source_revision_source"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("source", "revision", name=op.f("pk_source_revision")),
        info={"append_only": True},
    )
    op.create_table(
        "user_role",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.Column("limits", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("fk_user_role_role_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_user_role_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_role")),
    )
    op.create_index(op.f("ix_user_role_role_id"), "user_role", ["role_id"], unique=False)
    op.create_index(op.f("ix_user_role_user_id"), "user_role", ["user_id"], unique=False)
    op.create_table(
        "warehouse_manifest",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("min_period", sa.Text(), nullable=True),
        sa.Column("max_period", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["hash"], ["warehouse_file.hash"], name=op.f("fk_warehouse_manifest_hash")),
        sa.PrimaryKeyConstraint("table_name", "hash", "batch_id", name=op.f("pk_warehouse_manifest")),
    )
    op.create_index("ix_warehouse_manifest_batch_id", "warehouse_manifest", ["batch_id"], unique=False)
    op.create_table(
        "bucket",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_code", sa.Text(), nullable=False),
        sa.Column("cap", sa.Numeric(precision=18, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved", sa.Numeric(precision=18, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("committed", sa.Numeric(precision=18, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("executed", sa.Numeric(precision=18, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("forced", sa.Numeric(precision=18, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("hard_limit", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.CheckConstraint(
            "hard_limit IS NULL OR reserved + committed + executed <= hard_limit + forced",
            name=op.f("ck_bucket_within_limit"),
        ),
        sa.CheckConstraint("reserved >= 0 AND committed >= 0 AND forced >= 0", name=op.f("ck_bucket_not_negative")),
        sa.ForeignKeyConstraint(["rule_id"], ["control_rule.id"], name=op.f("fk_bucket_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bucket")),
        sa.UniqueConstraint("rule_id", "key", "window_code", name=op.f("uq_bucket_rule_id_key_window_code")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "document_line",
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("coordinate", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("memo", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_document_line_document_id")),
        sa.PrimaryKeyConstraint("document_id", "line_no", name=op.f("pk_document_line")),
        info={"append_only": True},
    )
    op.create_table(
        "flow_action",
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["flow_instance.id"], name=op.f("fk_flow_action_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "seq", name=op.f("pk_flow_action")),
        info={"append_only": True},
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("coordinate", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("buckets", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("line_no", sa.Integer(), nullable=True),
        sa.Column("liquidates", sa.BigInteger(), nullable=True),
        sa.Column("transfer_id", sa.BigInteger(), nullable=True),
        sa.Column("voucher", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "stage IN ('budget', 'reserved', 'committed', 'executed', 'forced')", name=op.f("ck_ledger_entry_stage")
        ),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_ledger_entry_document_id")),
        sa.ForeignKeyConstraint(["liquidates"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_liquidates")),
        sa.ForeignKeyConstraint(["policy_id"], ["control_policy.id"], name=op.f("fk_ledger_entry_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        info={"append_only": True},
    )
    op.create_index("ix_ledger_entry_document", "ledger_entry", ["document_id", "line_no"], unique=False)
    op.create_index("ix_ledger_entry_place", "ledger_entry", ["policy_id", "period"], unique=False)
    op.create_index(
        "uq_ledger_entry_released_cell",
        "ledger_entry",
        ["policy_id", "coordinate", "period"],
        unique=True,
        postgresql_where=sa.text("kind = 'release' AND stage = 'budget'"),
    )
    op.create_table(
        "member",
        sa.Column("dimension_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "properties", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("from_data", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("weight", sa.Double(), server_default=sa.text("1"), nullable=False),
        sa.Column("closed_at", sa.Integer(), nullable=True),
        sa.CheckConstraint("id >= 0", name=op.f("ck_member_id")),
        sa.ForeignKeyConstraint(
            ["dimension_id", "parent"],
            ["member.dimension_id", "member.code"],
            name=op.f("fk_member_dimension_id_parent"),
        ),
        sa.ForeignKeyConstraint(["dimension_id"], ["dimension.id"], name=op.f("fk_member_dimension_id")),
        sa.PrimaryKeyConstraint("dimension_id", "id", name=op.f("pk_member")),
        sa.UniqueConstraint("dimension_id", "code", name=op.f("uq_member_dimension_id_code")),
        info={"updatable": ("name", "properties", "parent", "weight", "closed_at")},
    )
    op.create_table(
        "plan_head",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("manifest_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_plan_head_seq")),
        sa.ForeignKeyConstraint(["manifest_id"], ["plan_manifest.id"], name=op.f("fk_plan_head_manifest_id")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_plan_head_version_id")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_plan_head")),
    )
    op.create_table(
        "rejected_line",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("voucher", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("resolved_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["load_batch.id"], name=op.f("fk_rejected_line_batch_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["load_batch.id"], name=op.f("fk_rejected_line_resolved_by")),
        sa.PrimaryKeyConstraint("batch_id", "record", name=op.f("pk_rejected_line")),
    )
    op.create_index(
        "ix_rejected_line_open",
        "rejected_line",
        ["batch_id", "outcome"],
        unique=False,
        postgresql_where=sa.text("resolved_by IS NULL"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("holder_id", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'done', 'cancelled')", name=op.f("ck_task_status")),
        sa.ForeignKeyConstraint(["instance_id"], ["flow_instance.id"], name=op.f("fk_task_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(
        "ix_task_holder_open", "task", ["holder_id"], unique=False, postgresql_where=sa.text("status = 'open'")
    )
    op.create_index(op.f("ix_task_instance_id"), "task", ["instance_id"], unique=False)
    op.create_table(
        "transfer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('transfer', 'supplement')", name=op.f("ck_transfer_kind")),
        sa.CheckConstraint("status IN ('held', 'applied', 'dropped')", name=op.f("ck_transfer_status")),
        sa.ForeignKeyConstraint(["hold_id"], ["document.id"], name=op.f("fk_transfer_hold_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["control_policy.id"], name=op.f("fk_transfer_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    op.create_table(
        "control_alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("bucket_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("voucher", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["bucket_id"], ["bucket.id"], name=op.f("fk_control_alert_bucket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_alert")),
        info={"append_only": True},
    )
