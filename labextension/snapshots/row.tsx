/**
 * One row of the time line: a day's heading or a snapshot.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { memo } from 'react';

import type { Snapshot } from '../rest/values';
import { formatDateTime, formatTime } from '../ui/format';
import { originIcons, pinIcon, warningIcon } from './icons';
import { hasChips } from './timeline';
import { metaWords, originSentence, snapshotTitle, spokenRow, warnings } from './words';

/** A day's heading; screen readers hear the date in each row. */
export function DayHeading(props: { label: string }): JSX.Element {
  return (
    <div className="jp-RokTimeline-day" aria-hidden="true">
      {props.label}
    </div>
  );
}

export interface ISnapshotRowProps {
  readonly snapshot: Snapshot;
  readonly rowId: string;
  /** Its position, counted from 1, and how many there are (-1 while more may follow). */
  readonly position: number;
  readonly total: number;
  readonly isSelected: boolean;
  readonly isActive: boolean;
  readonly trans: TranslationBundle;
}

/** A snapshot: its icon, title and time; why it exists and what it added; its warnings and tags. */
export const SnapshotRow = memo(function SnapshotRow(props: ISnapshotRowProps): JSX.Element {
  const { snapshot, trans } = props;
  const Icon = originIcons[snapshot.origin.kind];
  const failed = snapshot.origin.moment === 'failed' ? ' jp-mod-failed' : '';
  const active = props.isActive ? ' jp-mod-active' : '';
  return (
    <div
      id={props.rowId}
      role="option"
      className={`jp-RokTimeline-row${active}${failed}`}
      aria-selected={props.isSelected}
      aria-setsize={props.total}
      aria-posinset={props.position}
      aria-label={spokenRow(snapshot, trans)}
      data-snapshot={snapshot.id}
    >
      <span className="jp-RokTimeline-origin" title={originSentence(snapshot.origin, trans)}>
        <Icon.react tag="span" width="16px" height="16px" />
      </span>
      <div className="jp-RokTimeline-body">
        <div className="jp-RokTimeline-line">
          <span className="jp-RokTimeline-title" title={snapshotTitle(snapshot, trans)}>
            {snapshotTitle(snapshot, trans)}
          </span>
          {snapshot.pinned && (
            <span className="jp-RokTimeline-pin" title={trans.__('Pinned: kept for ever')}>
              <pinIcon.react tag="span" width="12px" height="12px" />
            </span>
          )}
          <time
            className="jp-RokTimeline-time"
            dateTime={snapshot.created}
            title={formatDateTime(snapshot.created)}
          >
            {formatTime(snapshot.created)}
          </time>
        </div>
        <div className="jp-RokTimeline-meta">{metaWords(snapshot, trans).join(' · ')}</div>
        {hasChips(snapshot) && <Chips snapshot={snapshot} trans={trans} />}
      </div>
    </div>
  );
});

/** Warnings first, then tags. */
export function Chips(props: { snapshot: Snapshot; trans: TranslationBundle }): JSX.Element {
  const { snapshot, trans } = props;
  return (
    <div className="jp-RokChips">
      {warnings(snapshot, trans).map(warning => (
        <span key={warning.kind} className={`jp-RokChip jp-mod-${warning.kind}`} title={warning.sentence}>
          <warningIcon.react tag="span" width="11px" height="11px" />
          {warning.label}
        </span>
      ))}
      {snapshot.tags.map(tag => (
        <span key={tag} className="jp-RokChip" title={trans.__('Tag: %1', tag)}>
          {tag}
        </span>
      ))}
    </div>
  );
}
