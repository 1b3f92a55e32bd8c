// Puts in what this browser chose, and keeps what is chosen: all questions from then on go with it.
const settings = element.querySelector('form');
const radios = [...settings.querySelectorAll('input[name=model]')];
const [named, second] = ['named', 'second'].map((name) => settings.querySelector(`input[name=${name}]`));
const chosen = page.answering();
if (chosen.model) {
  const radio = radios.find((one) => one.value === chosen.model) ?? radios.find((one) => one.value === 'named');
  if (radio) radio.checked = true;
  if (radio?.value === 'named') named.value = chosen.model;
}
if (second && chosen.second) second.checked = chosen.second === 'on';
settings.addEventListener('submit', (event) => event.preventDefault());
settings.addEventListener('input', (event) => {
  if (event.target === named) radios.find((one) => one.value === 'named').checked = true;
  const radio = radios.find((one) => one.checked);
  const model = radio.value === 'named' ? named.value.trim() : radio.value;
  page.answerWith({
    model: radio.dataset.served ? '' : model,
    second: second && (second.checked ? 'on' : 'off') !== second.dataset.served ? (second.checked ? 'on' : 'off') : '',
  });
});
