// Asks for what takes a while to find, once the page is there and nothing is being talked about.
const complete = () => {
  if (element.querySelector('[data-wanting]') && !page.conversation() && !page.kept('sending')) trigger('overview');
};
watch('value', complete);
window.addEventListener('popstate', complete);
