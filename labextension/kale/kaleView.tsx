/**
 * The section Pipeline: the switch of the open notebook's snapshots, and what each of its steps will do.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useId } from 'react';

import { baseName } from '../rest/names';
import type { HookPlan } from '../rest/values';
import { EmptyNotice, ErrorNotice } from '../ui/notice';
import { useSignals } from '../ui/useSignal';
import type { OpenNotebook } from './openNotebook';
import { momentsText, policyText } from './words';

export interface IKaleProps {
  readonly notebook: OpenNotebook;
  readonly trans: TranslationBundle;
}

export function KaleView(props: IKaleProps): JSX.Element {
  const { notebook, trans } = props;
  useSignals(notebook.changed);
  const { value: plan, error } = notebook.plan;
  if (notebook.path === undefined) {
    return <EmptyNotice title={trans.__('Open a notebook to see its pipeline.')} />;
  }
  if (!notebook.isPipeline) {
    return (
      <EmptyNotice title={trans.__('%1 has no pipeline.', baseName(notebook.path))}>
        <p>{trans.__('Tag its cells as steps in Kale’s panel; their snapshots are shown here.')}</p>
      </EmptyNotice>
    );
  }
  return (
    <div className="jp-RokKale" role="region" aria-label={trans.__('Snapshots of this pipeline')}>
      <h3 className="jp-RokKale-name">{baseName(notebook.path)}</h3>
      {error && <ErrorNotice error={error} trans={trans} onRetry={() => void notebook.plan.refresh()} />}
      {!error && plan && <Plan {...props} plan={plan} />}
      {!error && !plan && <EmptyNotice title={trans.__('Asking the server…')} />}
    </div>
  );
}

function Plan(props: IKaleProps & { plan: HookPlan }): JSX.Element {
  const { notebook, plan, trans } = props;
  const isOn = notebook.snapshots ?? plan.settings.snapshots;
  return (
    <>
      <Switch notebook={notebook} isOn={isOn} trans={trans} />
      <ul className="jp-RokKale-steps" aria-label={trans.__('Steps')}>
        {plan.steps.map(step => (
          <li key={step.step} className={step.moments.length > 0 ? undefined : 'jp-mod-off'}>
            <span className="jp-RokKale-step">{step.step}</span>
            <span className="jp-RokKale-moments">{momentsText(step, trans)}</span>
            {step.reason && <span className="jp-RokKale-reason">{step.reason}</span>}
          </li>
        ))}
        {plan.finals.map(final => (
          <li key={final.step}>
            <span className="jp-RokKale-step">{final.name || trans.__('In the end')}</span>
            <span className="jp-RokKale-moments">{trans.__('after all steps')}</span>
            <span className="jp-RokKale-reason">{final.reason}</span>
          </li>
        ))}
      </ul>
      {plan.notes.map(note => (
        <p key={note} className="jp-RokKale-policy">
          {note}
        </p>
      ))}
      {isOn && plan.steps.length > 0 && <p className="jp-RokKale-policy">{policyText(plan, trans)}</p>}
    </>
  );
}

function Switch(props: IKaleProps & { isOn: boolean }): JSX.Element {
  const { notebook, isOn, trans } = props;
  const id = useId();
  const reason = notebook.isReadOnly ? trans.__('This notebook is read-only.') : '';
  return (
    <div className="jp-RokKale-switch">
      <input
        id={id}
        type="checkbox"
        checked={isOn}
        aria-disabled={reason ? true : undefined}
        aria-describedby={`${id}-about`}
        onChange={() => {
          if (!reason) {
            notebook.setSnapshots(!isOn);
          }
        }}
      />
      <label htmlFor={id}>{trans.__('Snapshots around this pipeline’s steps')}</label>
      <p id={`${id}-about`} className="jp-RokKale-about">
        {reason || trans.__('Kept in the notebook; it counts from the next time Kale compiles it.')}
      </p>
    </div>
  );
}
