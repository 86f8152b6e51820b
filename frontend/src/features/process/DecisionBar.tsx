/** The bottom bar: what one says, then what one decides; for the submitter and the administrator, what they may do instead. */
import { App, Button, Dropdown, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../../ui/icons";
import { useNarrow } from "../../ui/useNarrow";
import { ReasonDialog, type Asked } from "./ReasonDialog";
import { type CaseDetail, decide, remind } from "./requests";
import { useDoing } from "./useDoing";
import { useMe } from "./useBusinessDay";

interface Props {
  readonly subject: CaseDetail;
  readonly onDecided: () => void;
}

export function DecisionBar({ subject, onDecided }: Props) {
  const [asked, setAsked] = useState<Asked>();
  const [comment, setComment] = useState("");
  const me = useMe();
  const requester = me?.login === subject.requester;
  const may = {
    withdraw: requester && (subject.status === "running" || subject.status === "returned"),
    remind: subject.may_remind && subject.my_task === null,
    reassign: subject.may_reassign && subject.my_task === null,
  };
  const dialog = asked && <ReasonDialog subject={subject} asked={asked} comment={comment} onClose={() => setAsked(undefined)} onDone={onDecided} />;
  if (subject.my_task === null && !Object.values(may).some(Boolean)) return null;
  return (
    <div className="foot-bar decision" data-testid="decision">
      {subject.my_task === null ? <Tending subject={subject} may={may} ask={setAsked} /> : <Deciding subject={subject} task={subject.my_task} comment={comment} onComment={setComment} ask={setAsked} onDecided={onDecided} />}
      {dialog}
    </div>
  );
}

interface DecidingProps extends Props {
  readonly task: number;
  readonly comment: string;
  readonly onComment: (text: string) => void;
  readonly ask: (asked: Asked) => void;
}

const PHRASES = ["agree", "basis", "target"] as const;

function Deciding({ subject, task, comment, onComment, ask, onDecided }: DecidingProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const narrow = useNarrow();
  const { busy, run } = useDoing();
  const size = narrow ? { style: { height: 44 } } : { size: "large" as const };
  const agree = async (): Promise<void> => {
    if (!(await run(() => decide(task, { action: "approve", comment, resume: "again" })))) return;
    message.success(t("process.doneApprove"));
    onDecided();
  };
  const extras = [
    { key: "reassign", label: t("process.act.reassign"), onClick: () => ask({ what: "reassign", task, holder: subject.holders.find((h) => h.task === task)?.name ?? "" }) },
    { key: "reject", label: t("process.act.reject"), danger: true, onClick: () => ask({ what: "reject", task }) },
  ];
  return (
    <>
      <Input
        {...size}
        className="say"
        aria-label={t("process.comment")}
        placeholder={narrow ? t("process.commentShort") : t("process.comment")}
        value={comment}
        maxLength={2000}
        onChange={(event) => onComment(event.target.value)}
        suffix={
          narrow || comment ? (
            <span />
          ) : (
            <span className="phrases">
              {PHRASES.map((phrase) => (
                <button key={phrase} type="button" className="plain tag" onClick={() => onComment(t(`process.phrase.${phrase}`))}>
                  {t(`process.phrase.${phrase}`)}
                </button>
              ))}
            </span>
          )
        }
      />
      {!narrow && (
        <Button {...size} icon={<Icon name="swap" />} onClick={extras[0]?.onClick}>
          {t("process.act.reassign")}
        </Button>
      )}
      <Button {...size} danger icon={narrow ? undefined : <Icon name="back" />} onClick={() => ask({ what: "return", task })}>
        {t("process.act.return")}
      </Button>
      <Button {...size} type="primary" className="agree" icon={<Icon name="check" />} loading={busy} onClick={() => void agree()}>
        {t("process.act.approve")}
      </Button>
      <Dropdown menu={{ items: narrow ? extras : extras.slice(1) }} trigger={["click"]} placement="topRight">
        <Button {...size} type="text" aria-label={t("process.more")} icon={<Icon name="more" size={18} />} />
      </Dropdown>
    </>
  );
}

interface TendingProps {
  readonly subject: CaseDetail;
  readonly may: { readonly withdraw: boolean; readonly remind: boolean; readonly reassign: boolean };
  readonly ask: (asked: Asked) => void;
}

/** Nobody's decision to make here: take back, remind, or give an absent person's task to another. */
function Tending({ subject, may, ask }: TendingProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const { busy, run } = useDoing();
  const who = subject.holders.map((h) => h.name).join("、");
  const push = async (): Promise<void> => {
    if (await run(() => remind(subject.id))) message.success(t("process.remindDone", { who }));
  };
  return (
    <>
      <span className="spring" />
      {may.withdraw && <Button onClick={() => ask({ what: "withdraw" })}>{t("process.act.withdraw")}</Button>}
      {may.reassign &&
        subject.holders.map((holder) => (
          <Button key={holder.task} icon={<Icon name="swap" />} onClick={() => ask({ what: "take", task: holder.task, holder: holder.name })}>
            {t("process.act.reassign")}
            {subject.holders.length > 1 && ` ${holder.name}`}
          </Button>
        ))}
      {may.remind && (
        <Button type="primary" icon={<Icon name="bell" />} loading={busy} onClick={() => void push()}>
          {t("process.act.remind")}
        </Button>
      )}
    </>
  );
}
