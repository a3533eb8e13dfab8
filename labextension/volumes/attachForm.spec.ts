import { nullTranslator } from '@jupyterlab/translation';

import { attachProblem, attachRequest, type IAttachDraft } from './attachForm';

const trans = nullTranslator.load('rok_jupyter');
const DRAFT: IAttachDraft = { known: '', name: 'images', directory: '/data/images', at: '', readOnly: false };

describe('attaching', () => {
  it.each<[Partial<IAttachDraft>, RegExp]>([
    [{ directory: 'data' }, /whole path/],
    [{ name: ' ' }, /a name/],
    [{ name: 'taken' }, /taken already/],
    [{ at: '/etc' }, /inside the workspace/],
    [{ at: 'a/../../b' }, /inside the workspace/]
  ])('is not taken with %j', (fields, problem) => {
    expect(attachProblem({ ...DRAFT, ...fields }, ['taken'], trans)).toMatch(problem);
  });

  it('shows a volume under its own name where no place is said', () => {
    expect(attachProblem(DRAFT, [], trans)).toBeUndefined();
    expect(attachRequest(DRAFT)).toEqual({
      volume: 'images',
      body: { at: 'images', read_only: false, directory: '/data/images' }
    });
  });

  it('spells odd names as REST does', () => {
    expect(attachRequest({ ...DRAFT, known: 'data', at: '100%', readOnly: true })).toEqual({
      volume: 'data',
      body: { at: '100%25', read_only: true }
    });
  });
});
