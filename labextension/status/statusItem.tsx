/**
 * The status bar's item: the age of the last snapshot, the progress of one that runs, or a warning.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { useEffect, useReducer } from 'react';

import { formatAge, formatDateTime } from '../ui/format';
import { rokIcon } from '../ui/icons';
import { describeReport, fractionDone } from '../ui/progress';
import { useSignals } from '../ui/useSignal';
import type { Health } from './health';

/** How often the age is drawn anew, in milliseconds; it asks nobody. */
const TICK = 20_000;

/** The widget for the status bar; `onClick` opens the panel. */
export class StatusItem extends ReactWidget {
  constructor(
    private readonly _health: Health,
    private readonly _trans: TranslationBundle,
    private readonly _onClick: () => void
  ) {
    super();
    this.addClass('jp-RokStatus');
  }

  protected render(): JSX.Element {
    return <StatusButton health={this._health} trans={this._trans} onClick={this._onClick} />;
  }
}

/** What the item says: in the bar, and in full as its tooltip. */
export interface IStatusWords {
  readonly text: string;
  readonly title: string;
  readonly kind: 'plain' | 'running' | 'warning';
}

/** Put the state of things into words; `now` in milliseconds. */
export function statusWords(health: Health, now: number, trans: TranslationBundle): IStatusWords {
  const { running, problem, lastSnapshot } = health;
  const age = lastSnapshot && formatAge(lastSnapshot, now, trans);
  const last = lastSnapshot
    ? trans.__('Last snapshot: %1.', formatDateTime(lastSnapshot))
    : trans.__('There is no snapshot yet.');
  if (running) {
    const fraction = fractionDone(running.report);
    return {
      kind: 'running',
      text:
        fraction === undefined
          ? trans.__('Snapshot …')
          : trans.__('Snapshot %1 %', Math.floor(fraction * 100)),
      title: trans.__('Taking a snapshot: %1', describeReport(running.report, trans))
    };
  }
  if (problem) {
    return { kind: 'warning', text: trans.__('Snapshots fail'), title: `${problem} ${last}` };
  }
  if (!health.isKnown) {
    return { kind: 'plain', text: trans.__('Snapshots'), title: trans.__('Show snapshots') };
  }
  return { kind: 'plain', text: age ? trans.__('Snapshot %1', age) : trans.__('No snapshot'), title: last };
}

function StatusButton(props: { health: Health; trans: TranslationBundle; onClick: () => void }): JSX.Element {
  const { health, trans, onClick } = props;
  useSignals(health.changed);
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = window.setInterval(draw, TICK);
    return () => window.clearInterval(timer);
  }, []);
  const { kind, text, title } = statusWords(health, Date.now(), trans);
  const fraction = health.running && (fractionDone(health.running.report) ?? 0);
  return (
    <button
      type="button"
      className={`jp-RokStatus-button jp-mod-${kind}`}
      title={title}
      aria-label={trans.__('Snapshots: %1. %2', text, title)}
      onClick={onClick}
    >
      <rokIcon.react tag="span" className="jp-RokStatus-icon" width="16px" height="16px" />
      <span>{text}</span>
      {fraction !== undefined && (
        <span className="jp-RokStatus-track" aria-hidden="true">
          <span className="jp-RokStatus-fill" style={{ width: `${fraction * 100}%` }} />
        </span>
      )}
    </button>
  );
}
