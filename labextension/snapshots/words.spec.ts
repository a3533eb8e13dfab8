import { nullTranslator } from '@jupyterlab/translation';

import type { Origin, Statistics } from '../rest/values';
import { aSnapshot } from '../testing/values';
import { figures, metaWords, originSentence, originWord, snapshotTitle, spokenRow, warnings } from './words';

const trans = nullTranslator.load('rok_jupyter');
const MANUAL = aSnapshot().origin;

function step(part: Partial<Origin>): Origin {
  return { ...MANUAL, kind: 'step', pipeline: 'titanic', step: 'train', ...part };
}

function statistics(part: Partial<Statistics>): Statistics {
  return {
    files_new: 0,
    files_changed: 0,
    files_unmodified: 0,
    files_removed: 0,
    directories: 0,
    bytes_processed: 0,
    bytes_added: 0,
    seconds: 1,
    ...part
  };
}

describe('origins', () => {
  it.each([
    [MANUAL, 'Manual', 'Taken by hand.'],
    [{ ...MANUAL, kind: 'schedule' as const }, 'Scheduled', 'Taken by the schedule.'],
    [{ ...MANUAL, kind: 'safety' as const }, 'Safety', 'Taken for safety before a restore.'],
    [
      { ...MANUAL, kind: 'safety' as const, details: { before: 'undo' } },
      'Safety',
      'Taken for safety before an undo.'
    ],
    [{ ...MANUAL, kind: 'cell' as const }, 'Cell', 'Taken before a notebook’s cell ran.'],
    [step({ moment: 'before' }), 'Before step train', 'Before step train of the pipeline titanic.'],
    [step({ moment: 'after', run: '7' }), 'After step train', 'After step train of the pipeline titanic, 7.'],
    [step({ moment: 'failed', pipeline: null }), 'Step train failed', 'Step train failed.'],
    [step({ step: null }), 'Step', 'Step of the pipeline titanic.']
  ])('are words and sentences (%#)', (origin, word, sentence) => {
    expect(originWord(origin, trans)).toBe(word);
    expect(originSentence(origin, trans)).toBe(sentence);
  });
});

describe('a row', () => {
  it('says why it exists once: in the title or below it', () => {
    const named = aSnapshot({ message: 'before cleaning' });
    expect([snapshotTitle(named, trans), metaWords(named, trans)]).toEqual(['before cleaning', ['Manual']]);
    const failed = aSnapshot({ origin: step({ moment: 'failed' }) });
    expect([snapshotTitle(failed, trans), metaWords(failed, trans)]).toEqual([
      'Step train failed',
      ['titanic']
    ]);
  });

  it('says what was added', () => {
    const added = statistics({ files_new: 1, files_changed: 1, files_removed: 1, bytes_added: 1_200_000 });
    expect(figures(aSnapshot({ statistics: added }), trans)).toEqual(['+1.2 MB', '3 files changed']);
    expect(figures(aSnapshot({ statistics: statistics({}) }), trans)).toEqual(['nothing changed']);
    expect(figures(aSnapshot(), trans)).toEqual([]);
  });

  it('says what is not as it should be', () => {
    const entry = { volume: 'workspace', path: 'a', message: 'Input/output error' };
    const snapshot = aSnapshot({ errors: [entry], changed_while_read: [entry, entry], unsaved_documents: 1 });
    expect(warnings(snapshot, trans).map(warning => warning.label)).toEqual([
      '1 not stored',
      '2 changed while read',
      '1 unsaved'
    ]);
    expect(spokenRow(snapshot, trans, 'en-GB')).toContain('1 file could not be stored.');
    expect(warnings(aSnapshot({ unsaved_documents: null }), trans)).toEqual([]);
  });
});
