/**
 * The form of schedule and retention.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { RokError } from '../rest/error';
import type { Policy, PolicyPreview } from '../rest/values';
import { CheckField, Field, type IForm } from '../ui/formDialog';
import { COUNTS, type CountName, type IPolicyDraft, policyOf, policyProblem } from './draft';
import { PreviewSection } from './preview';

export interface IPolicyFormOptions {
  readonly trans: TranslationBundle;
  /** The names of all volumes that can be snapshotted. */
  readonly volumes: readonly string[];
  readonly ask: (policy: Policy) => Promise<PolicyPreview>;
  /** Whether the switch of snapshots before a run can be kept. */
  readonly hasSettings: boolean;
}

interface IPartProps extends IPolicyFormOptions {
  readonly draft: IPolicyDraft;
  readonly change: (fields: Partial<IPolicyDraft>) => void;
}

/** The form; `error` is why it could not be saved before. */
export function policyForm(
  options: IPolicyFormOptions,
  initial: IPolicyDraft,
  error?: RokError
): IForm<IPolicyDraft> {
  const { trans } = options;
  return {
    title: trans.__('Schedule and retention'),
    accept: trans.__('Save'),
    className: 'jp-RokPolicy',
    initial,
    error,
    problem: draft => policyProblem(draft, trans),
    draw: (draft, change) => (
      <div className="jp-RokPolicy-columns">
        <div>
          <ScheduleFields {...options} draft={draft} change={change} />
          <RetentionFields {...options} draft={draft} change={change} />
        </div>
        <PreviewSection
          policy={policyProblem(draft, trans) === undefined ? policyOf(draft) : undefined}
          ask={options.ask}
          trans={trans}
        />
      </div>
    )
  };
}

function ScheduleFields(props: IPartProps): JSX.Element {
  const { draft, change, trans, volumes } = props;
  return (
    <fieldset>
      <legend>{trans.__('Automatic snapshots')}</legend>
      <CheckField
        label={trans.__('By schedule, while the server runs and only where something changed')}
        checked={draft.isScheduled}
        onChange={isScheduled => change({ isScheduled })}
      />
      {draft.isScheduled && (
        <>
          <TextField
            id="rok-policy-minutes"
            label={trans.__('Every how many minutes')}
            hint={trans.__('30 is half an hour, 1440 a day.')}
            value={draft.minutes}
            onChange={minutes => change({ minutes })}
          />
          {volumes.length > 1 && <VolumeChoice {...props} />}
          <CheckField
            label={trans.__('Remove unused data after snapshots were forgotten')}
            hint={trans.__('Frees room, takes longer, and then a forgotten snapshot can’t be brought back.')}
            checked={draft.prune}
            onChange={prune => change({ prune })}
          />
        </>
      )}
      {props.hasSettings && (
        <CheckField
          label={trans.__('Before Restart Kernel and Run All Cells')}
          hint={trans.__('A setting of yours: it counts in every workspace.')}
          checked={draft.beforeRunAll}
          onChange={beforeRunAll => change({ beforeRunAll })}
        />
      )}
    </fieldset>
  );
}

function VolumeChoice({ draft, change, trans, volumes }: IPartProps): JSX.Element {
  const isChosen = (name: string): boolean => draft.volumes.length === 0 || draft.volumes.includes(name);
  const toggle = (name: string, wanted: boolean): void => {
    const chosen = volumes.filter(each => (each === name ? wanted : isChosen(each)));
    change({ volumes: chosen.length === volumes.length ? [] : chosen });
  };
  return (
    <div className="jp-RokField" role="group" aria-label={trans.__('Volumes')}>
      {volumes.map(name => (
        <label key={name} className="jp-RokField-check">
          <input
            type="checkbox"
            checked={isChosen(name)}
            onChange={event => toggle(name, event.currentTarget.checked)}
          />
          <span>{name}</span>
        </label>
      ))}
    </div>
  );
}

function RetentionFields({ draft, change, trans }: IPartProps): JSX.Element {
  const labels: Readonly<Record<CountName, string>> = {
    keep_last: trans.__('Last'),
    keep_hourly: trans.__('Hourly'),
    keep_daily: trans.__('Daily'),
    keep_weekly: trans.__('Weekly'),
    keep_monthly: trans.__('Monthly'),
    keep_yearly: trans.__('Yearly')
  };
  return (
    <fieldset>
      <legend>{trans.__('What is kept')}</legend>
      <CheckField
        label={trans.__('Keep every snapshot')}
        checked={draft.keepsAll}
        onChange={keepsAll => change({ keepsAll })}
      />
      {!draft.keepsAll && (
        <>
          <div className="jp-RokPolicy-counts">
            {COUNTS.map(name => (
              <TextField
                key={name}
                id={`rok-policy-${name}`}
                label={labels[name]}
                value={draft.counts[name]}
                onChange={text => change({ counts: { ...draft.counts, [name]: text } })}
              />
            ))}
          </div>
          <TextField
            id="rok-policy-within"
            label={trans.__('And all that are younger than')}
            hint={trans.__('Such as 14d, 6m or 1y; empty for none.')}
            value={draft.within}
            onChange={within => change({ within })}
          />
          <TextField
            id="rok-policy-tags"
            label={trans.__('And all with one of these tags')}
            hint={trans.__('Separated by commas. Pinned snapshots are always kept.')}
            value={draft.tags}
            onChange={tags => change({ tags })}
          />
        </>
      )}
    </fieldset>
  );
}

function TextField(props: {
  id: string;
  label: string;
  value: string;
  hint?: string;
  onChange: (text: string) => void;
}): JSX.Element {
  return (
    <Field id={props.id} label={props.label} hint={props.hint}>
      <input
        id={props.id}
        type="text"
        value={props.value}
        aria-describedby={props.hint ? `${props.id}-hint` : undefined}
        onChange={event => props.onChange(event.currentTarget.value)}
      />
    </Field>
  );
}
