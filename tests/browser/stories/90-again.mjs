// The system is ended and started again in the shell of its commands: everything is still there.
import assert from 'node:assert/strict';
import path from 'node:path';

async function again(story) {
  const { site } = story;
  const printed = site.log.text.match(/QYZMET_CONFIG=(\S+)/)[1];
  assert.equal(printed, path.join(site.state, 'server/qyzmet.conf'));
  for (let time = 0; time < 2; time += 1) {
    await site.again({ QYZMET_CONFIG: printed });
    const person = await story.person({ language: 'ru' });
    await story.open(person, '');
    assert.equal(await person.page.locator('h1').count(), 1);
  }
}

export const stories = [
  { name: './run starts again twice in the shell that its own line was pasted into', play: again },
];
