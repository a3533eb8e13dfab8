/**
 * When snapshots are taken by themselves, and what of them stays: a few words, and the way to the form.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { RetentionPolicy, Status } from '../rest/values';
import { Button } from '../ui/button';
import { formatDateTime, formatDuration } from '../ui/format';
import { WarningNotice } from '../ui/notice';

/** What retention keeps, in a line. */
export function retentionWords(retention: RetentionPolicy, trans: TranslationBundle): string {
  const rules = [
    retention.keep_last && trans._n('the last one', 'the last %1', retention.keep_last),
    retention.keep_hourly && trans.__('%1 hourly', retention.keep_hourly),
    retention.keep_daily && trans.__('%1 daily', retention.keep_daily),
    retention.keep_weekly && trans.__('%1 weekly', retention.keep_weekly),
    retention.keep_monthly && trans.__('%1 monthly', retention.keep_monthly),
    retention.keep_yearly && trans.__('%1 yearly', retention.keep_yearly),
    retention.keep_within && trans.__('all within %1', retention.keep_within),
    retention.keep_tags.length > 0 && trans.__('tagged %1', retention.keep_tags.join(', '))
  ].filter(rule => rule);
  return rules.length === 0 ? trans.__('Every snapshot is kept.') : trans.__('Kept: %1.', rules.join(', '));
}

/** Schedule and retention as a card of the section Volumes. */
export function ScheduleCard(props: {
  status: Status;
  trans: TranslationBundle;
  onEdit: () => void;
}): JSX.Element {
  const { status, trans } = props;
  const { schedule, retention } = status.policy;
  const isOn = schedule.every_minutes > 0;
  return (
    <section className="jp-RokRepository" aria-label={trans.__('Schedule and retention')}>
      <h3>{trans.__('Schedule and retention')}</h3>
      <p className="jp-RokRepository-note">
        {isOn
          ? trans.__(
              'A snapshot every %1, only where something changed.',
              formatDuration(schedule.every_minutes * 60, trans)
            )
          : trans.__('No snapshots by schedule.')}
        {isOn && status.next_scheduled && ` ${trans.__('Next: %1.', formatDateTime(status.next_scheduled))}`}
      </p>
      <p className="jp-RokRepository-note">{retentionWords(retention, trans)}</p>
      {status.schedule_error && (
        <WarningNotice>
          {trans.__('The last scheduled snapshot failed: %1', status.schedule_error)}
        </WarningNotice>
      )}
      <Button
        label={trans.__('Change…')}
        caption={trans.__('Edit schedule and retention')}
        onClick={props.onEdit}
      />
    </section>
  );
}
