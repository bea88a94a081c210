const form = document.querySelector('form'), articles = [...document.querySelectorAll('article')];
function show() {
  const wanted = form.class.value, video = form.video.value.toLowerCase(), score = form.score ? +form.score.value : 0;
  document.body.classList.toggle('no-annotated', !form.annotated.checked);
  document.body.classList.toggle('no-detected', form.detected ? !form.detected.checked : false);
  let shown = 0;
  for (const article of articles) {
    const labels = JSON.parse(article.dataset.labels);
    article.hidden = (wanted && !labels.includes(wanted)) || !article.dataset.video.toLowerCase().includes(video);
    shown += !article.hidden;
  }
  for (const box of document.querySelectorAll('.box.detected')) box.classList.toggle('low', !(+box.dataset.score > score));
  document.getElementById('shown').textContent = shown + ' of ' + articles.length + ' clips';
  if (form.score) document.getElementById('above').textContent = score.toFixed(2);
}
form.hidden = false;
form.addEventListener('input', show);
form.addEventListener('submit', event => event.preventDefault());
show();
