// What a story is told with: people with browsers, looks at their pages, and the programs outside
// with which artefacts are checked. What people do on the pages is in people.mjs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {
  accessibilityProblems,
  brokenWordProblems,
  newPerson,
  rawTextProblems,
  screenshot,
  sidewaysProblems,
} from './browser.mjs';

export class StoryTeller {
  constructor({ browser, site, artefacts }) {
    this.browser = browser;
    this.site = site;
    this.artefacts = artefacts;
    this.people = [];
    this.problems = [];
    this.wholeWords = false; // does a broken word count as a problem, too?
  }

  /// A person with a browser of their own; see newPerson() for the options.
  async person(options = {}) {
    const websocket = this.site.ncalayer.replace('http:', 'ws:');
    const person = await newPerson(this.browser, {
      origins: [this.site.url, this.site.ncalayer, websocket],
      ...options,
    });
    this.people.push(person);
    return person;
  }

  /// Opens /LANGUAGE/PATH of the portal.
  async open(person, where) {
    const answer = await person.page.goto(`${this.site.url}/${person.language}${where}`);
    assert.ok(answer.ok(), `${answer.status()} for ${answer.url()}`);
    return answer;
  }

  /// Holds the page against the rules of every page, and takes its picture.
  async look(person, name) {
    const { page, language } = person;
    const found = [
      ...(await accessibilityProblems(page)),
      ...(await sidewaysProblems(page)),
      ...(await rawTextProblems(page)),
      ...(this.wholeWords ? await brokenWordProblems(page) : []),
    ];
    const where = `${name} (${language}, ${page.viewportSize().width} px)`;
    this.problems.push(...found.map((problem) => `${where}: ${problem}`));
    await screenshot(page, this.artefacts, name, language);
  }

  /// The same page in other widths and languages; the page must be one that a GET shows again.
  async lookEverywhere(person, name, options = {}) {
    const { languages = ['kk', 'ru', 'en'], widths = [320, 1280] } = options;
    const { page } = person;
    const here = new URL(page.url());
    const own = person.language;
    const size = page.viewportSize();
    for (const language of languages) {
      here.pathname = here.pathname.replace(/^\/(kk|ru|en)(?=\/|$)/, `/${language}`);
      await page.goto(here.href);
      for (const width of widths) {
        await page.setViewportSize({ width, height: size.height });
        await this.look({ page, language }, name);
      }
    }
    here.pathname = here.pathname.replace(/^\/(kk|ru|en)(?=\/|$)/, `/${own}`);
    await page.setViewportSize(size);
    await page.goto(here.href);
  }

  /// Runs a program outside on a file that was downloaded, and returns what it prints.
  outside(program, ...parameters) {
    return execFileSync(program, parameters, { encoding: 'utf8', timeout: 60000 });
  }

  /// Follows a download and keeps it among the artefacts.
  async download(person, act, name) {
    const [download] = await Promise.all([person.page.waitForEvent('download'), act()]);
    fs.mkdirSync(this.artefacts, { recursive: true });
    const file = path.join(this.artefacts, name);
    await download.saveAs(file);
    return file;
  }

  expectNoProblems() {
    const unseen = this.people.flatMap((person) => person.problems);
    assert.deepEqual([...this.problems, ...unseen], []);
  }

  async showFailure(name) {
    for (const [index, person] of this.people.entries()) {
      const file = `failed-${name.replace(/\W+/g, '-')}-${index}`;
      await screenshot(person.page, this.artefacts, file, person.language);
      console.log(`  # ${person.page.url()} -> ${file}`);
    }
  }

  async close() {
    await Promise.all(this.people.map((person) => person.close().catch(() => {})));
  }
}
