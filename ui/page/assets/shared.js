// What the scripts of all parts share: where the page is, and what this tab keeps. The first part to load makes it.
const page = (window.articleQa ??= (() => {
  const address = () => new URLSearchParams(window.location.hash.slice(1));
  const bare = () => window.location.pathname + window.location.search;
  const mark = () => { // the links that lead to where one is
    const here = address().get('conversation');
    document.querySelectorAll('a[data-conversation]').forEach((link) => {
      if (link.dataset.conversation === here) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    });
  };
  return {
    address,
    mark,
    conversation: () => address().get('conversation') || '',
    following: null, // the question whose answer this page waits for
    arrived: () => {}, // what is to be done at a new address; the question's part knows
    ask: () => {}, // and how a question is asked
    scope: () => {}, // and of which articles
    // Goes where a link leads. A place in an article belongs to the conversation that is open.
    visit(hash) {
      const to = new URLSearchParams(hash.replace(/^#/, ''));
      if (to.has('article') && !to.has('conversation') && this.conversation()) to.set('conversation', this.conversation());
      const text = to.toString();
      if (text !== address().toString()) window.history.pushState(null, '', text ? `#${text}` : bare());
      this.arrived(!text || to.has('conversation') && !to.has('article'));
    },
    // The address of what is shown already.
    adopt(conversation, isNew) {
      const text = conversation ? `#conversation=${encodeURIComponent(conversation)}` : bare();
      window.history[isNew ? 'pushState' : 'replaceState'](null, '', text);
      mark();
    },
    // Kept until the tab is closed, through every reload; a browser that keeps nothing keeps nothing.
    keep(name, value) {
      try {
        if (value) window.sessionStorage.setItem(`article-qa-${name}`, JSON.stringify(value));
        else window.sessionStorage.removeItem(`article-qa-${name}`);
      } catch (error) { console.debug(error); }
    },
    kept(name) {
      try {
        return JSON.parse(window.sessionStorage.getItem(`article-qa-${name}`));
      } catch (error) {
        console.debug(error);
        return null;
      }
    },
    // Which models this browser chose to be answered by: kept for all its tabs, and for another day.
    answering() {
      try {
        return JSON.parse(window.localStorage.getItem('article-qa-answering')) ?? {};
      } catch (error) {
        console.debug(error);
        return {};
      }
    },
    answerWith(choice) {
      try {
        window.localStorage.setItem('article-qa-answering', JSON.stringify(choice));
      } catch (error) { console.debug(error); }
    },
    goTo: (id) => document.getElementById(id)?.scrollIntoView({ behavior: 'smooth', block: 'start' }),
    isNarrow: () => window.matchMedia('(max-width: 900px)').matches,
  };
})());
