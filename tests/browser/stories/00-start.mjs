// The start page: the first thing a newcomer sees.
import assert from 'node:assert/strict';

async function startPage(story) {
  const person = await story.person();
  await story.open(person, '');
  assert.equal(await person.page.locator('html').getAttribute('lang'), 'kk');
  assert.equal(await person.page.locator('h1').count(), 1);
  await story.lookEverywhere(person, 'start');
}

async function withoutScript(story) {
  const person = await story.person({ javaScript: false, language: 'ru' });
  await story.open(person, '');
  assert.equal(await person.page.locator('html').getAttribute('lang'), 'ru');
}

export const stories = [
  { name: 'the start page is good in three languages and two widths', play: startPage },
  { name: 'the start page works without scripts', play: withoutScript },
];
