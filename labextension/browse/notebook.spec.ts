import { nullTranslator } from '@jupyterlab/translation';

import { parseNotebook } from './notebook';

const trans = nullTranslator.load('rok_jupyter');

function bytesOf(value: unknown): ArrayBuffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) as unknown as ArrayBuffer;
}

describe('parseNotebook', () => {
  it('believes no cell that says it is trusted', () => {
    const cells = [
      { cell_type: 'code', metadata: { trusted: true, tags: ['kept'] }, source: '', outputs: [] }
    ];
    const notebook = parseNotebook(
      bytesOf({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }),
      'n',
      trans
    );
    expect(notebook.cells[0].metadata).toEqual({ tags: ['kept'] });
  });

  it.each(['{', '[]', '{"nbformat": 3}', '{"nbformat": 4, "cells": [1]}', 'null'])('refuses %j', text => {
    expect(() => parseNotebook(bytesOf(text), 'n.ipynb', trans)).toThrow('“n.ipynb” is no notebook');
  });
});
