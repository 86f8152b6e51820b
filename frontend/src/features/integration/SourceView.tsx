/** 数据源: where actuals come from, as the package says it: columns, rules in order of precedence, exclusions, last load. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { clockTime } from "../../lib/times";
import { Loading } from "../../ui/states";
import { useContextChoice } from "../planning/useContextChoice";
import { Refused } from "./ConnectPage";
import { whole } from "./figures";
import { type Source, type SourceDetail, sourceQuery } from "./requests";
import { useMay } from "./rights";
import { RuleDialog } from "./RuleDialog";
import { useConnectSearch } from "./search";

export function SourceView({ sources }: { readonly sources: readonly Source[] }) {
  const { t } = useTranslation();
  const [view, change] = useConnectSearch();
  const picked = sources.find((one) => one.code === view.source) ?? sources[0];
  return (
    <div className="connect-body desk">
      <nav className="desk-groups" aria-label={t("integration.sources.title")}>
        {sources.map((one) => (
          <button key={one.code} type="button" className="plain group" aria-pressed={one.code === picked?.code} onClick={() => change({ source: one.code })}>
            <span className="pair">
              <b>{one.title}</b>
              <span className="muted small">{t("integration.sources.revision", { revision: one.revision })}</span>
            </span>
            <span className="small muted">{one.last ? t("integration.sources.lastAt", { at: clockTime(one.last.at), file: one.last.file_name, records: whole(one.last.records) }) : t("integration.sources.never")}</span>
          </button>
        ))}
      </nav>
      {picked && <Detail key={picked.code} code={picked.code} />}
    </div>
  );
}

function Detail({ code }: { readonly code: string }) {
  const { t } = useTranslation();
  const source = useQuery(sourceQuery(code));
  const mayDefine = useMay("integration.define");
  const { model } = useContextChoice();
  const [adding, setAdding] = useState(false);
  if (source.error) return <Refused error={source.error} retry={() => void source.refetch()} />;
  if (!source.data) return <Loading />;
  const one = source.data;
  return (
    <div className="desk-lines source" data-testid="source">
      <section className="connect-card">
        <h2>
          {one.title} <span className="tag">{t("integration.sources.revision", { revision: one.revision })}</span>
          <span className="spring" />
          {mayDefine && (
            <Button size="small" onClick={() => setAdding(true)}>
              {t("integration.desk.addRule")}
            </Button>
          )}
        </h2>
        <p className="card-words muted">
          {t("integration.sources.target", { model: model?.code === one.model ? model.title : one.model, version: one.version, cube: one.cube })}
          {one.policies.length > 0 && ` · ${t("integration.sources.policy", { policy: one.policies.join("、") })}`}
        </p>
        <dl className="pairs">
          {Object.entries(one.fields).map(([field, column]) => (
            <div key={field}>
              <dt>{column}</dt>
              <dd className="muted">{field}</dd>
            </div>
          ))}
        </dl>
      </section>
      <Rules source={one} />
      {Object.keys(one.exclusions).length > 0 && (
        <section className="connect-card">
          <h2>{t("integration.sources.exclusions")}</h2>
          <dl className="pairs">
            {Object.entries(one.exclusions).map(([name, when]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="muted">{conditions(one, when)}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <details className="connect-card text">
        <summary>{t("integration.sources.text")}</summary>
        <pre>{one.definition}</pre>
        {one.mapping && <pre>{one.mapping}</pre>}
      </details>
      {adding && <RuleDialog source={one} seed={{}} onClose={() => setAdding(false)} />}
    </div>
  );
}

function conditions(source: SourceDetail, when: Readonly<Record<string, string>>): string {
  return Object.entries(when)
    .map(([field, pattern]) => `${source.fields[field] ?? field} ${pattern}`)
    .join("，");
}

function Rules({ source }: { readonly source: SourceDetail }) {
  const { t } = useTranslation();
  const says = (value: string): string => (value.startsWith("=") ? t("integration.rule.copy", { column: source.fields[value.slice(1)] ?? value }) : value === "IGNORE" ? t("integration.rule.ignoreItem") : value);
  return (
    <section className="connect-card">
      <h2>{t("integration.sources.rules")}</h2>
      <div className="table-scroll">
        <table className="lines" data-testid="rules">
          <thead>
            <tr>
              <th>{t("integration.sources.rule")}</th>
              <th>{t("integration.sources.when")}</th>
              <th>{t("integration.sources.gives")}</th>
            </tr>
          </thead>
          <tbody>
            {source.rules.map((rule, i) => (
              <tr key={`${rule.name} ${i}`}>
                <td>{rule.name}</td>
                <td>{conditions(source, rule.when) || t("integration.sources.always")}</td>
                <td>
                  {Object.entries(rule.gives)
                    .map(([target, value]) => (target === "item" ? says(value) : `${target === "org" ? t("top.org") : (source.dimensions[target] ?? target)} ${says(value)}`))
                    .join("，")}
                  {rule.sign < 0 && ` · ${t("integration.rule.flip")}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
