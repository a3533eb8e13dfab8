/**
 * The live bar of a task: bytes, files, rate and remaining time.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Report, Task } from '../rest/values';
import { formatBytes, formatDuration } from './format';

/** A total that can still be right: totals are guessed from the snapshot before, and more may have come since. */
function believable(done: number, total: number | null): number | undefined {
  return total !== null && total > 0 && total >= done ? total : undefined;
}

/** How much of a report's phase is done, from 0 to 1; undefined while its totals are unknown. */
export function fractionDone(report: Report): number | undefined {
  const bytes = believable(report.bytes_done, report.bytes_total);
  const files = believable(report.files_done, report.files_total);
  if (bytes !== undefined) {
    return report.bytes_done / bytes;
  }
  return files !== undefined && !report.bytes_total ? report.files_done / files : undefined;
}

/** A report in words: "reading, 1.2 of 3.4 GB, 120 of 400 files, 50 MB/s, 40 s left". */
export function describeReport(report: Report, trans: TranslationBundle): string {
  const parts = [report.phase];
  const bytes = believable(report.bytes_done, report.bytes_total);
  const files = believable(report.files_done, report.files_total);
  if (bytes !== undefined) {
    parts.push(trans.__('%1 of %2', formatBytes(report.bytes_done), formatBytes(bytes)));
  } else if (report.bytes_done) {
    parts.push(formatBytes(report.bytes_done));
  }
  if (files !== undefined) {
    parts.push(trans.__('%1 of %2 files', report.files_done, files));
  } else if (report.files_done) {
    parts.push(trans._n('%1 file', '%1 files', report.files_done));
  }
  if (report.bytes_per_second > 0) {
    parts.push(trans.__('%1/s', formatBytes(report.bytes_per_second)));
  }
  if (report.remaining_seconds !== null && report.remaining_seconds >= 1) {
    parts.push(trans.__('%1 left', formatDuration(report.remaining_seconds, trans)));
  }
  return parts.filter(part => part).join(', ');
}

/** A bar with its words; `label` says to a screen reader what is going on. */
export function TaskBar(props: { task: Task; label: string; trans: TranslationBundle }): JSX.Element {
  const { task, label, trans } = props;
  const fraction = fractionDone(task.report);
  const words = describeReport(task.report, trans);
  return (
    <div className="jp-RokBar">
      <div
        className={`jp-RokBar-track${fraction === undefined ? ' jp-mod-indeterminate' : ''}`}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={fraction === undefined ? undefined : Math.round(fraction * 100)}
        aria-valuetext={words}
      >
        <div className="jp-RokBar-fill" style={{ width: `${(fraction ?? 0.3) * 100}%` }} />
      </div>
      <div className="jp-RokBar-words">{words}</div>
    </div>
  );
}
