import { nullTranslator } from '@jupyterlab/translation';
import { render } from '@testing-library/react';

import type { ISnapshotFilter, Origin } from '../rest/values';
import { aSnapshot } from '../testing/values';
import { LineageChoices } from './lineageChoices';

const trans = nullTranslator.load('rok_jupyter');
const plain = aSnapshot().origin;

function step(pipeline: string, run: string, name: string): Origin {
  return { ...plain, kind: 'step', pipeline, run, step: name, moment: 'before' };
}

function shown(origins: readonly Origin[], filter: ISnapshotFilter = {}): Map<string, string[]> {
  const items = origins.map((origin, number) => aSnapshot({ id: String(number), origin }));
  const { container } = render(
    <LineageChoices items={items} filter={filter} trans={trans} onChange={() => undefined} />
  );
  const selects = [...container.querySelectorAll('select')];
  return new Map(
    selects.map(select => [
      select.getAttribute('aria-label') ?? '',
      [...select.options].slice(1).map(option => option.value)
    ])
  );
}

describe('LineageChoices', () => {
  const origins = [
    step('titanic', '1', 'load'),
    step('titanic', '2', 'train'),
    step('candies', '3', 'eat'),
    plain
  ];

  it('is nothing where there is no pipeline', () => {
    expect(shown([plain]).size).toBe(0);
  });

  it('offers what there is, the newest run first', () => {
    expect(shown(origins).get('Pipeline')).toEqual(['candies', 'titanic']);
    expect(shown(origins).get('Run')).toEqual(['3', '2', '1']);
    expect(shown(origins).get('Step')).toEqual(['eat', 'load', 'train']);
  });

  it('offers the runs and steps of what is chosen', () => {
    const offered = shown(origins, { pipeline: 'titanic', run: '2' });
    expect(offered.get('Run')).toEqual(['2', '1']);
    expect(offered.get('Step')).toEqual(['train']);
  });

  it('keeps what is chosen, though nothing of it is loaded', () => {
    expect(shown([plain], { pipeline: 'gone' }).get('Pipeline')).toEqual(['gone']);
  });
});
