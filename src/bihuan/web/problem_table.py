"""The one table: code of a refused command -> HTTP status -> what happened and what to do, in Chinese and English.

docs/reference/errors.md is generated from it; a test finds every error's code here. One line per code, so that it reads as
a table. A code that is not listed takes the row of its base class.
"""
# ruff: noqa: E501 - a table reads by lines

from collections.abc import Mapping
from dataclasses import dataclass

from bihuan.kernel.errors import BihuanError


@dataclass(frozen=True, slots=True)
class Row:
    """``zh`` and ``en``: what happened; ``do_zh`` and ``do_en``: what the user can do about it."""

    status: int
    zh: str
    do_zh: str
    en: str
    do_en: str


TABLE: Mapping[str, Row] = {
    "refused": Row(400, "操作被拒绝", "按提示修改后重试", "Refused", "Follow the detail and try again"),
    "bad_request": Row(422, "请求格式不对", "对照接口文档检查所列字段", "Malformed request", "Check the fields listed"),
    "not_signed_in": Row(401, "未登录或登录已过期", "请重新登录", "Not signed in", "Sign in again"),
    "bad_credentials": Row(401, "账号或密码不对", "检查后重试；忘记密码请找管理员", "Wrong login or password", "Check both, or ask an administrator"),
    "too_many_attempts": Row(429, "登录失败次数过多", "15 分钟后再试，或请管理员重设密码", "Too many failed sign-ins", "Wait 15 minutes"),
    "bad_client": Row(401, "系统账号、密钥或范围不对", "检查账号、密钥和范围", "Wrong client id, secret or scope", "Check all three"),
    "too_many_calls": Row(429, "调用太频繁", "按 Retry-After 等待，或请管理员提高频率", "Too many calls", "Wait as Retry-After says"),
    "forbidden": Row(403, "没有这个权限", "需要时请管理员授权", "Not permitted", "Ask an administrator for the right"),
    "bad_csrf_token": Row(403, "页面已失效", "刷新页面后重试", "The page is stale", "Reload the page and try again"),
    "same_person": Row(403, "须由另一人办理", "不相容职务不能由同一人完成，请转给他人", "Somebody else must do this", "Hand it to another person"),
    "not_found": Row(404, "没有找到，或您无权查看", "检查编码或链接", "Not found, or not visible to you", "Check the code or link"),
    "method_not_allowed": Row(405, "该地址不支持此操作", "对照接口文档", "Method not allowed", "See the API reference"),
    "conflict": Row(409, "已被他人修改", "刷新查看最新内容后重试", "Somebody changed it since", "Reload and try again"),
    "idempotency_key_reused": Row(409, "重复的请求标识", "新的请求换一个 Idempotency-Key", "Idempotency-Key reused", "Use a new key for a new request"),
    "not_fast_forward": Row(409, "模型在此之后已被修改", "先导出最新模型，合并后再应用", "The model changed since", "Export, merge, apply again"),
    "invalid": Row(422, "请求与模型或规则不符", "按提示修改", "The request does not fit the model", "Follow the detail"),
    "weak_password": Row(422, "密码太短或与账号相同", "至少 8 位，且不同于账号", "Weak password", "At least 8 characters, not the login"),
    "problems_found": Row(422, "文件有错误，未作任何改动", "逐条修正后再次应用", "The text has problems; nothing changed", "Correct each and apply again"),
    # --- models
    "unknown_model": Row(404, "没有这个模型，或您无权查看", "检查模型代码", "No such model, or not visible to you", "Check the model's code"),
    "not_data_managed": Row(422, "该维度的成员只能由模型包维护", "修改模型包后再应用", "Members come from the model package only", "Change the package and apply it"),
    "bad_calendar": Row(422, "日历定义自相矛盾", "按提示修改日历", "The calendar contradicts itself", "Correct the calendar"),
    "bad_unit": Row(422, "单位未定义", "在 model.yaml 的 units 中定义", "The unit is not known", "Define it in model.yaml"),
    "too_many_rows": Row(422, "公式会产生过多的行", "缩小公式的维度，或固定其中的成员", "The formula would make too many rows", "Pin members or use fewer dimensions"),
    "keys_too_wide": Row(422, "指标的维度组合过多", "减少该指标的维度", "Too many combinations of members", "Use fewer dimensions on the item"),
    "not_a_leaf": Row(422, "只能在末级成员上填数", "改填末级成员，或该成员的“本级”", "Values are entered at leaf members only", "Enter at a leaf, or at its own leaf"),
    # --- plan
    "unknown_version": Row(404, "没有这个版本，或您无权查看", "检查版本", "No such version, or not visible to you", "Check the version"),
    "unknown_state": Row(404, "版本没有这个历史状态", "换一个存在的时点", "The version has no such state", "Choose one that exists"),
    "version_closed": Row(409, "版本已关闭", "改用开放的版本", "The version is closed", "Use an open version"),
    "not_saved": Row(409, "有单元格不能写入，未作任何改动", "看逐格原因，处理后重新保存", "Some cells cannot be written; nothing changed", "See each cell's reason and save again"),
    "changed_since": Row(409, "单元格在这期间又被改过，没有写入", "查看历史或刷新后再做", "Cells changed since; nothing written", "Look at the history, or reload and do it again"),
    "name_taken": Row(409, "名称已被使用", "换一个名称", "The name is taken", "Choose another name"),
    "cannot_freeze": Row(422, "公式指标只能整版本批复", "对整个版本批复", "Computed items are released for the whole version only", "Release the whole version"),
    "cannot_spread": Row(409, "下面没有可以改的单元格", "看看哪些锁定、保持或没有权限", "No cell below the total can take a share", "See which are locked, held or out of your scope"),
    "nothing_to_follow": Row(409, "要照着分的那一片全是空或零，或没有权限看", "换一个版本、年份或分法", "What the shares should follow is empty, zero or not yours to read", "Choose another version, year or method"),
    "too_many_holds": Row(409, "保持不动的地方太多", "先放开一些，或保持它们的上级", "Too many places are held", "Release some, or hold what is above them"),
    "no_such_unit": Row(404, "没有这个预算单元，或您无权查看", "检查组织和版本", "No such plan unit, or not visible to you", "Check the organisation and version"),
    "unit_exists": Row(409, "该组织在此版本已有预算单元", "打开已有的预算单元", "The organisation has a plan unit there", "Open the one that exists"),
    "wrong_unit_status": Row(409, "预算单元当前状态不能做这个操作", "刷新查看最新状态", "Not possible in the plan unit's state", "Reload to see its state"),
    "checks_failed": Row(422, "强制的勾稽关系未通过", "按检查结果修改后再提交", "Mandatory checks failed", "Correct what they name, then submit"),
    "no_such_template": Row(404, "没有这个周期模板", "在模型包的 cycles/ 里写好并应用", "No such cycle template", "Write it in the package's cycles/ and apply"),
    "no_such_cycle": Row(404, "没有这个预算周期，或您无权查看", "检查链接", "No such cycle, or not visible to you", "Check the link"),
    "cycle_exists": Row(409, "这个预算周期已经开启过了", "打开已有的周期，或换一个模板", "The cycle is open already", "Use the one that exists, or another template"),
    "cycle_closed": Row(409, "预算周期已关闭", "请管理员重开后再做", "The cycle is closed", "Ask an administrator to reopen it"),
    "last_round": Row(409, "已经是最后一轮", "批准后下达，或在模板里加一轮", "This is the last round", "Release what is approved, or add a round to the template"),
    "nothing_to_release": Row(409, "没有可以下达的已批准单元", "等审批通过后再下达", "No approved unit to release here", "Wait for the approval"),
    # --- comments and forms
    "no_such_subject": Row(404, "没有这个对象，或您无权查看", "检查链接", "No such thing, or not visible to you", "Check the link"),
    "cannot_mention": Row(422, "提到的人看不到这里", "换一个看得到的人", "A person named may not see this", "Name somebody who can see it"),
    "no_such_form": Row(404, "没有这张填报表，或您无权查看", "检查填报表代码", "No such form, or not visible to you", "Check the form's code"),
    "reasons_required": Row(422, "有核实项还没有写理由", "逐条写明理由后再提交", "Some checks ask for a reason", "Give a reason for each, then submit"),
    # --- approval
    "no_such_flow": Row(404, "没有这个审批流", "检查审批流代码", "No such flow", "Check the flow's code"),
    "no_such_task": Row(404, "没有这个待办", "刷新待办列表", "No such task", "Reload your tasks"),
    "task_taken": Row(409, "待办已处理", "刷新待办列表", "The task has been dealt with", "Reload your tasks"),
    "not_your_task": Row(403, "待办不在您名下", "请待办人处理，或由其转办给您", "Not your task", "Ask its holder to act or to reassign it"),
    "open_already": Row(409, "已在审批中", "等待审批结果，或先撤回", "Under approval already", "Wait, or withdraw it first"),
    "wrong_status": Row(409, "当前状态不能做这个操作", "刷新查看最新状态", "Not possible in this state", "Reload to see the state"),
    "no_approver": Row(422, "没有可以审批的人", "请管理员为该节点指定其他审批人", "Nobody may approve this", "Ask an administrator to name an approver"),
    "reason_required": Row(422, "请填写原因", "填写原因后重试", "A reason is required", "Give a reason and try again"),
    "not_visited": Row(422, "只能退回到走过的节点", "改退给申请人，或走过的节点", "A case goes back only to a node it has been at", "Return it to the requester or to such a node"),
    "reminded_already": Row(409, "刚催办过", "过一小时再催", "Reminded a short while ago", "Wait an hour"),
    # --- control
    "budget_exceeded": Row(409, "超出可用预算", "减少金额，或提出调剂、追加或超预算申请", "Exceeds the available budget", "Reduce it, or ask for a transfer or an exception"),
    "unbudgeted": Row(409, "没有适用的控制规则或已下达的预算", "请预算管理员下达预算或完善控制方案", "No rule or released budget applies", "Ask the budget administrator"),
    "over_standard": Row(409, "超出定额标准，或无法与标准比较", "补全数量等，或降到标准之内；柔性标准可提超预算申请", "Beyond a rate standard, or not comparable with it", "Complete the line, lower it, or ask for an exception"),
    "unresolvable_key": Row(422, "这一行找不到控制对象", "补全或更正维度编码", "The line resolves to no budget", "Complete or correct its codes"),
    "bad_amount": Row(422, "金额不合规", "金额最多两位小数，且不为零", "The amount is not acceptable", "At most two decimals, not zero"),
    "bad_tax": Row(422, "税率不可用", "按控制方案列出的税率选择", "The tax rate is not available", "Choose one of the policy's rates"),
    "wrong_document": Row(422, "这类单据不能这样填", "按提示修改单据类型或明细", "Not possible for this kind of document", "Follow the detail"),
    "no_lines": Row(422, "单据没有明细行", "至少填一行", "The document has no lines", "Add a line"),
    "no_such_document": Row(404, "没有这张单据，或您无权查看", "检查单据号", "No such document", "Check its number"),
    "no_such_bucket": Row(404, "没有这个控制对象，或您无权查看", "检查链接", "No such balance row, or not visible to you", "Check the link"),
    "no_such_policy": Row(404, "没有这个控制方案", "检查方案代码", "No such policy", "Check its code"),
    "not_held": Row(409, "单据当前没有占用预算", "刷新查看单据状态", "The document holds no budget now", "Reload to see its state"),
    "document_moved": Row(409, "单据刚被别人改动，什么都没有做", "再做一次", "The document was just changed by somebody; nothing was done", "Do it again"),
    "cannot_activate": Row(409, "这一版控制方案不能启用", "按说明改好草稿，或先处理挡着它的单据", "This edition cannot be activated", "Change the draft as told, or settle what stands in its way"),
    "no_such_edition": Row(404, "没有这一版控制方案", "刷新后再看", "No such edition of a policy", "Reload and look again"),
    "already_released": Row(409, "预算已经下达过", "用调剂或追加来调整", "Released already", "Use a transfer or a supplement"),
    "no_such_voucher": Row(404, "这张凭证没有入账，或已经冲回", "检查凭证号", "Nothing was entered by this voucher, or it was reversed", "Check its number"),
    "bad_exception": Row(422, "超预算申请不成立", "按提示修改", "The exception does not hold", "Follow the detail"),
    "no_such_exception": Row(404, "没有这项超预算申请，或您无权查看", "检查编号", "No such exception, or not visible to you", "Check its number"),
    "bad_transfer": Row(422, "调剂不成立", "检查调出、调入和金额", "The transfer does not hold", "Check what goes from where to where"),
    "no_such_transfer": Row(404, "没有这张调剂单", "检查单号", "No such transfer", "Check its number"),
    # --- loading
    "no_such_source": Row(404, "没有这个数据源", "检查数据源代码", "No such source", "Check its code"),
    "no_such_batch": Row(404, "没有这个批次", "检查批次号", "No such batch", "Check its number"),
    "bad_source": Row(422, "数据源定义有错误，未作任何改动", "逐条修正后再次保存", "The source has problems; nothing changed", "Correct each and save again"),
    "batch_not_ready": Row(409, "批次当前状态不能做这个操作", "刷新查看批次状态", "The batch is not ready for this", "Reload to see its state"),
    "file_refused": Row(422, "文件读不了", "检查编码、分隔符和格式", "The file cannot be read", "Check its encoding and format"),
    "too_many_rejected": Row(422, "被拒的行超过允许的比例", "处理错误行后重新发布", "Too many lines are rejected", "Deal with the rejected lines first"),
    "bad_correction": Row(422, "修正与这一行不符", "刷新差错台后重新修正", "The correction does not fit the line", "Reload the error desk and mend it again"),
    "no_such_run": Row(404, "没有这次装载，或您无权查看", "检查装载编号", "No such load, or not visible to you", "Check its number"),
    "too_late_to_cancel": Row(409, "装载已入账或已结束，不能取消", "需要冲回时装载红字凭证", "The load has been entered or has ended", "To take it back, load reversing vouchers"),
    "job_died": Row(503, "装载作业多次中断，没有入账", "重新上传；仍不行请联系管理员", "The load's job died several times; nothing was entered", "Upload again, or ask an administrator"),
    # --- forecasts
    "no_such_forecast": Row(404, "没有这个预测", "检查预测代码", "No such forecast", "Check its code"),
    "no_such_forecast_run": Row(404, "没有这次预测运算", "先运行一次预测", "No such forecast run", "Run the forecast first"),
    "nothing_to_forecast": Row(422, "没有可以预测的期间或实际数", "先装载实际数，或检查业务日期", "Nothing to forecast", "Load actuals, or check the business date"),
    "run_under_way": Row(409, "这个预测正在运算", "等它结束再运行", "The forecast is being computed", "Wait until it has ended"),
    "not_the_last_run": Row(409, "只能撤销最近一次预测运算", "从最近一次开始撤销", "Only the newest run can be taken back", "Begin with the newest"),
    # --- monitoring
    "no_such_case": Row(404, "没有这个闭环事项，或您无权查看", "检查事项编号", "No such case, or not visible to you", "Check its number"),
    "same_decider": Row(403, "决定人不能批准自己的决定", "请另一人批准", "Whoever decided may not approve it", "Ask another person"),
    "by_transfer": Row(409, "这个决定由调剂审批来通过", "在调剂单的审批里处理", "The decision is a transfer", "Decide it in the transfer's approval"),
    "needs_transfer": Row(422, "没有写明怎么调剂", "填写调出、调入、金额和审批流", "The transfer is not spelled out", "Say what moves where, and the approval"),
    "not_released": Row(404, "还没有下达的预算", "先下达预算，再看执行", "No budget has been released", "Release the budget first"),
    "wrong_step": Row(409, "事项现在不能做这一步", "刷新查看事项进度", "The case is not at this step", "Reload to see where it stands"),
    # --- system
    "backup_damaged": Row(422, "备份不完整或已损坏", "换一份备份", "The backup is damaged", "Use another backup"),
    "not_empty": Row(409, "目标不是空的", "恢复到空的数据目录", "The target is not empty", "Restore into an empty place"),
    "server_trouble": Row(503, "内置数据库不可用", "查看数据目录中的日志", "The embedded PostgreSQL cannot be used", "See its log in the data folder"),
    "too_large": Row(413, "内容太大", "拆分后分次提交", "Too large", "Send it in parts"),
    "internal": Row(500, "系统内部错误", "请把请求号告诉管理员", "Internal error", "Give the request id to an administrator"),
    "unavailable": Row(503, "服务暂不可用", "稍后重试", "Unavailable", "Try again shortly"),
}  # fmt: skip


def row_of(error: BihuanError) -> tuple[str, Row]:
    """The error's own code, with the table row of it or of its nearest listed base."""
    for cls in type(error).__mro__:
        row = TABLE.get(getattr(cls, "code", ""))
        if row is not None:
            return error.code, row
    raise AssertionError("BihuanError itself is listed")
