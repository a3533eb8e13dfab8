/**
 * What a policy keeps of a simulated year, drawn along time: today on the right, the past more and more dense to the left.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WIDTH = 400;
const HEIGHT = 34;
const YEAR_DAYS = 365;
/** How wide a mark is; snapshots that fall on one make it higher. */
const MARK = 2;

/** One time span of the past, and how many snapshots of it are kept. */
export interface ISpan {
  readonly label: string;
  readonly count: number;
}

/** Where on the line an age is: 1 for now, 0 for a year ago; the logarithm gives each span its room. */
export function position(age: number): number {
  const scale = Math.log(1 + (YEAR_DAYS * DAY) / HOUR);
  return Math.max(0, 1 - Math.log(1 + Math.max(0, age) / HOUR) / scale);
}

/** Ages of snapshots in milliseconds, from the newest of them. */
export function ages(created: readonly string[]): readonly number[] {
  const times = created.map(time => Date.parse(time));
  const newest = times.reduce((latest, time) => Math.max(latest, time), -Infinity);
  return times.map(time => newest - time);
}

/** How many are kept of the last day, week, month and year, and of before. */
export function spans(kept: readonly number[], trans: TranslationBundle): readonly ISpan[] {
  const limits: readonly (readonly [number, string])[] = [
    [DAY, trans.__('of the last day')],
    [7 * DAY, trans.__('of the week before')],
    [31 * DAY, trans.__('of the month before')],
    [(YEAR_DAYS + 1) * DAY, trans.__('of the year before')],
    [Infinity, trans.__('older')]
  ];
  let from = -1;
  return limits.map(([to, label]) => {
    const count = kept.filter(age => age > from && age <= to).length;
    from = to;
    return { label, count };
  });
}

/** The line, with the same in words for those who don't see it. */
export function Timeline(props: { created: readonly string[]; trans: TranslationBundle }): JSX.Element {
  const { trans } = props;
  const kept = ages(props.created);
  const parts = spans(kept, trans).filter(span => span.count > 0);
  const words = parts.map(span => trans.__('%1 %2', span.count, span.label)).join(', ');
  const marks = new Map<number, number>();
  kept.forEach(age => {
    const x = Math.round((position(age) * (WIDTH - MARK)) / MARK) * MARK;
    marks.set(x, (marks.get(x) ?? 0) + 1);
  });
  return (
    <figure className="jp-RokPolicyLine">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={trans.__('Kept after a year: %1', words)}
      >
        <line x1={0} x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} className="jp-RokPolicyLine-axis" />
        {[...marks].map(([x, count]) => (
          <rect key={x} x={x} width={MARK - 0.5} {...bar(count)} className="jp-RokPolicyLine-mark" />
        ))}
      </svg>
      <Scale trans={trans} />
      <figcaption>{words}</figcaption>
    </figure>
  );
}

function bar(count: number): { y: number; height: number } {
  const height = Math.min(HEIGHT - 2, 10 + 4 * Math.log2(count));
  return { y: HEIGHT - 1 - height, height };
}

/** What the places of the line mean. The words of the caption say the same, so readers skip it. */
function Scale({ trans }: { trans: TranslationBundle }): JSX.Element {
  const ticks: readonly (readonly [number, string])[] = [
    [0, trans.__('now')],
    [DAY, trans.__('a day')],
    [7 * DAY, trans.__('a week')],
    [31 * DAY, trans.__('a month')],
    [YEAR_DAYS * DAY, trans.__('a year')]
  ];
  return (
    <div className="jp-RokPolicyLine-scale" aria-hidden="true">
      {ticks.map(([age, label]) => (
        <span key={label} style={{ left: `${position(age) * 100}%` }} data-end={age === 0 ? '' : undefined}>
          {label}
        </span>
      ))}
    </div>
  );
}
