#include "mrsn/testing/reference.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mrsn::reference {

Matrix FromTensor(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().to(at::kDouble).contiguous();
  Matrix matrix(flat.size(0), Row(flat.numel() / std::max<int64_t>(flat.size(0), 1)));
  const double* value = flat.const_data_ptr<double>();
  for (Row& row : matrix) {
    for (double& element : row) element = *value++;
  }
  return matrix;
}

at::Tensor ToTensor(const Matrix& matrix) {
  const int64_t columns = matrix.empty() ? 0 : static_cast<int64_t>(matrix[0].size());
  at::Tensor tensor = at::empty({static_cast<int64_t>(matrix.size()), columns}, at::kDouble);
  double* value = tensor.data_ptr<double>();
  for (const Row& row : matrix) value = std::copy(row.begin(), row.end(), value);
  return tensor;
}

Weights::Weights(const torch::nn::Module& module) {
  auto values = std::make_shared<std::map<std::string, Matrix>>();
  for (const auto& parameter : module.named_parameters()) {
    const at::Tensor& value = parameter.value();
    (*values)[parameter.key()] = FromTensor(value.dim() == 1 ? value.unsqueeze(0) : value);
  }
  values_ = values;
}

Weights Weights::In(const std::string& prefix) const {
  Weights weights = *this;
  weights.prefix_ += prefix;
  return weights;
}

const Matrix& Weights::At(const std::string& name) const { return values_->at(prefix_ + name); }

namespace {

double Dot(const Row& a, const Row& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Row Affine(const Matrix& weight, const Row& bias, const Row& x, size_t first_row, size_t rows) {
  Row y(rows);
  for (size_t r = 0; r < rows; ++r) y[r] = Dot(weight[first_row + r], x) + bias[first_row + r];
  return y;
}

double Gelu(double x) { return x * 0.5 * (1 + std::erf(x / std::sqrt(2.0))); }

bool Always(int, int) { return true; }

}  // namespace

Row Add(const Row& a, const Row& b) {
  Row sum(a);
  for (size_t i = 0; i < a.size(); ++i) sum[i] += b[i];
  return sum;
}

Row Linear(const Weights& layer, const Row& x) {
  const Matrix& weight = layer.At("weight");
  return Affine(weight, layer.At("bias")[0], x, 0, weight.size());
}

Row LayerNorm(const Weights& norm, const Row& x) {
  const double n = static_cast<double>(x.size());
  double mean = 0, variance = 0;
  for (double value : x) mean += value / n;
  for (double value : x) variance += (value - mean) * (value - mean) / n;
  Row y(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    y[i] = (x[i] - mean) / std::sqrt(variance + 1e-5) * norm.At("weight")[0][i] + norm.At("bias")[0][i];
  }
  return y;
}

Row FeedForward(const Weights& ffn, const Row& x) {
  Row hidden = Linear(ffn.In("expand."), x);
  for (double& value : hidden) value = Gelu(value);
  return Linear(ffn.In("contract."), hidden);
}

Matrix Attention(const Weights& attention, const Matrix& x, const Matrix& y, int heads,
                 const std::function<bool(int, int)>& sees) {
  const Matrix& weight = attention.At("in_proj_weight");
  const Row& bias = attention.At("in_proj_bias")[0];
  const size_t c = weight.size() / 3, head_width = c / heads;
  Matrix keys, values, result;
  for (const Row& token : y) {
    keys.push_back(Affine(weight, bias, token, c, c));
    values.push_back(Affine(weight, bias, token, 2 * c, c));
  }
  for (size_t q = 0; q < x.size(); ++q) {
    const Row query = Affine(weight, bias, x[q], 0, c);
    Row concatenated(c, 0.0);
    for (int h = 0; h < heads; ++h) {
      Row score(y.size(), -std::numeric_limits<double>::infinity());
      for (size_t s = 0; s < y.size(); ++s) {
        if (!sees(static_cast<int>(q), static_cast<int>(s))) continue;
        score[s] = 0;
        for (size_t i = h * head_width; i < (h + 1) * head_width; ++i) score[s] += query[i] * keys[s][i];
        score[s] /= std::sqrt(static_cast<double>(head_width));
      }
      const double largest = *std::max_element(score.begin(), score.end());
      double total = 0;
      for (double& value : score) total += value = std::exp(value - largest);
      for (size_t s = 0; s < y.size(); ++s) {
        for (size_t i = h * head_width; i < (h + 1) * head_width; ++i) {
          concatenated[i] += score[s] / total * values[s][i];
        }
      }
    }
    result.push_back(Linear(attention.In("out_proj."), concatenated));
  }
  return result;
}

namespace {

Matrix AfterAttention(const Weights& layer, const Matrix& attention, const Matrix& x, Residual residual) {
  const auto attention_norm = [&](const Row& row) { return LayerNorm(layer.In("attention_norm."), row); };
  const auto ffn_norm = [&](const Row& row) { return LayerNorm(layer.In("ffn_norm."), row); };
  const auto ffn = [&](const Row& row) { return FeedForward(layer.In("ffn."), row); };
  Matrix result;
  for (size_t t = 0; t < x.size(); ++t) {
    switch (residual) {
      case Residual::kBranch: {
        const Row primed = Add(attention_norm(attention[t]), x[t]);
        result.push_back(Add(ffn_norm(ffn(primed)), primed));
        break;
      }
      case Residual::kPreNorm: {
        const Row primed = Add(attention[t], x[t]);
        result.push_back(Add(ffn(ffn_norm(primed)), primed));
        break;
      }
      case Residual::kPostNorm: {
        const Row primed = attention_norm(Add(attention[t], x[t]));
        result.push_back(ffn_norm(Add(ffn(primed), primed)));
        break;
      }
    }
  }
  return result;
}

// What the attention of a layer sees.
Matrix Before(const Weights& layer, Matrix x, Residual residual) {
  if (residual != Residual::kPreNorm) return x;
  for (Row& row : x) row = LayerNorm(layer.In("attention_norm."), row);
  return x;
}

// Rows y, x of the S x S grid: mean over the cells of F that a cell covers (at least partly).
Row PooledCell(const at::Tensor& features, int64_t clip, int64_t size, int64_t row, int64_t column) {
  const auto f = features.accessor<double, 4>();
  const int64_t height = features.size(2), width = features.size(3);
  const int64_t y0 = row * height / size, y1 = ((row + 1) * height + size - 1) / size;
  const int64_t x0 = column * width / size, x1 = ((column + 1) * width + size - 1) / size;
  Row cell(features.size(1), 0.0);
  for (size_t c = 0; c < cell.size(); ++c) {
    for (int64_t y = y0; y < y1; ++y) {
      for (int64_t x = x0; x < x1; ++x) cell[c] += f[clip][c][y][x];
    }
    cell[c] /= static_cast<double>((y1 - y0) * (x1 - x0));
  }
  return cell;
}

// R_1..R_L + E_1..E_L of a clip.
Matrix ContextTokens(const Weights& embedder, const MrsnHeadOptions& options, const at::Tensor& features,
                     int64_t clip) {
  const int64_t p = options.patch_size, grid = options.support_size / p;
  Matrix tokens;
  for (int64_t j = 0; j < grid; ++j) {
    for (int64_t i = 0; i < grid; ++i) {
      Row patch(features.size(1) * p * p);  // ordered (C, p, p)
      for (int64_t y = 0; y < p; ++y) {
        for (int64_t x = 0; x < p; ++x) {
          const Row cell = PooledCell(features, clip, options.support_size, j * p + y, i * p + x);
          for (size_t c = 0; c < cell.size(); ++c) patch[(c * p + y) * p + x] = cell[c];
        }
      }
      tokens.push_back(
          Add(Linear(embedder.In("patch."), patch), embedder.At("context_embedding")[j * grid + i]));
    }
  }
  return tokens;
}

Row ActorToken(const Weights& embedder, const MrsnHeadOptions& options, const at::Tensor& actor) {
  Row pooled;
  const Matrix cells = FromTensor(actor.flatten(1));  // [C][49]
  for (const Row& channel : cells) {
    double largest = channel[0], sum = 0;
    for (double value : channel) largest = std::max(largest, value), sum += value;
    if (options.actor_token == mrsn::ActorToken::kFlatten) {
      pooled.insert(pooled.end(), channel.begin(), channel.end());
    } else {
      pooled.push_back(options.actor_token == mrsn::ActorToken::kMax ? largest : sum / channel.size());
    }
  }
  return Linear(embedder.In("actor."), pooled);
}

int PlaceOf(const Row& box, int grid) {  // Eq. 3
  const auto cell = [&](double low, double high) {
    return std::clamp(static_cast<int>(std::ceil((low + high) / 2 * grid)), 1, grid);
  };
  return (cell(box[1], box[3]) - 1) * grid + cell(box[0], box[2]) - 1;
}

}  // namespace

Matrix EncoderLayer(const Weights& layer, const Matrix& x, int heads, Residual residual) {
  const Matrix seen = Before(layer, x, residual);
  return AfterAttention(layer, Attention(layer.In("attention."), seen, seen, heads, Always), x, residual);
}

void SupportLayer(const Weights& x_layer, const Weights& y_layer, int heads, Matrix* x, Matrix* y,
                  Residual residual) {
  const Matrix x_in = Before(x_layer, *x, residual), y_in = Before(y_layer, *y, residual);
  const Matrix to_x = Attention(x_layer.In("attention."), x_in, y_in, heads, Always);
  const Matrix to_y = Attention(y_layer.In("attention."), y_in, x_in, heads, Always);
  *x = AfterAttention(x_layer, to_x, *x, residual);
  *y = AfterAttention(y_layer, to_y, *y, residual);
}

HeadResult Head(const torch::nn::Module& head, const MrsnHeadOptions& options, const HeadInput& input) {
  const Weights weights(head), embedder = weights.In("embedder.");
  const int heads = static_cast<int>(options.mrse.heads);
  const bool acre = options.mrse.acre_layers > 0, aare = options.mrse.aare_layers > 0;
  const int64_t persons = input.boxes.size(0);
  const auto clip = [&](int64_t n) { return input.clip_index[n].item<int64_t>(); };

  HeadResult result;
  for (int64_t n = 0; n < persons; ++n) {
    const Row actor = ActorToken(embedder, options, input.actors[n]);
    const int place =
        PlaceOf(FromTensor(input.boxes)[n], static_cast<int>(options.support_size / options.patch_size));
    if (acre) {
      Matrix tokens = {Add(actor, embedder.At("actor_embedding")[0])};
      if (options.position_in_acre) {
        tokens[0] = Add(tokens[0], weights.At("acre_position.embedding")[place]);
      }
      for (Row& token : ContextTokens(embedder, options, input.features, clip(n))) tokens.push_back(token);
      result.X.push_back(tokens);
    }
    if (aare) {
      result.Y.push_back({actor});
      if (options.position_in_aare) {
        result.Y[n][0] = Add(actor, weights.At("actor_position.embedding")[place]);
      }
    }
  }

  for (int64_t b = 0; b < options.blocks; ++b) {
    const Weights block = weights.In("mrse" + std::to_string(b) + ".");
    for (int64_t k = 0; k < options.mrse.acre_layers; ++k) {
      const Weights layer = block.In("acre.layer" + std::to_string(k) + ".");
      for (Matrix& x : result.X) x = EncoderLayer(layer, x, heads, options.mrse.residual);
    }
    for (int64_t k = 0; k < options.mrse.aare_layers; ++k) {
      for (int64_t begin = 0; begin < persons;) {  // clip by clip
        int64_t end = begin;
        Matrix together;
        for (; end < persons && clip(end) == clip(begin); ++end) together.push_back(result.Y[end][0]);
        together = EncoderLayer(block.In("aare.layer" + std::to_string(k) + "."), together, heads,
                                options.mrse.residual);
        for (int64_t n = begin; n < end; ++n) result.Y[n][0] = together[n - begin];
        begin = end;
      }
    }
    for (int64_t k = 0; k < options.mrse.rse_layers; ++k) {
      for (int64_t n = 0; n < persons; ++n) {
        SupportLayer(block.In("rse.x_layer" + std::to_string(k) + "."),
                     block.In("rse.y_layer" + std::to_string(k) + "."), heads, &result.X[n], &result.Y[n],
                     options.mrse.residual);
      }
    }
  }

  for (int64_t n = 0; n < persons; ++n) {
    Row g;  // Eq. 7
    if (acre) {
      const Matrix& x = result.X[n];
      Row mean(x[0].size(), 0.0);
      for (size_t t = 1; t < x.size(); ++t) {
        for (size_t i = 0; i < mean.size(); ++i) mean[i] += x[t][i] / static_cast<double>(x.size() - 1);
      }
      g = x[0];
      g.insert(g.end(), mean.begin(), mean.end());
    }
    if (aare) g.insert(g.end(), result.Y[n][0].begin(), result.Y[n][0].end());
    result.G.push_back(g);

    if (options.long_term) {  // Eq. 8
      const Weights long_term = weights.In("long_term.");
      Matrix window;
      for (int64_t m = 0; input.bank.features.defined() && m < input.bank.features.size(0); ++m) {
        if (input.bank.clip_index[m].item<int64_t>() != clip(n)) continue;
        const int64_t offset = input.bank.offset[m].item<int64_t>();
        if (offset == 0 && !options.long_term->own_second) continue;
        Row entry = FromTensor(input.bank.features)[m];
        if (options.long_term->bank_width > 0) entry = Linear(long_term.In("bank_map."), entry);
        if (options.long_term->distance_embedding) {
          entry = Add(entry, long_term.At("distance_embedding")[offset + options.long_term->window_seconds]);
        }
        window.push_back(entry);
      }
      if (!window.empty()) {
        const Matrix support = Attention(long_term.In("attention."), {g}, window, heads, Always);
        g = Add(LayerNorm(long_term.In("norm."), support[0]), g);
      }
    }
    if (options.mlp_layers == 2) {
      g = Linear(weights.In("mlp.hidden."), g);
      for (double& value : g) value = Gelu(value);
    }
    result.logits.push_back(Linear(weights.In("mlp.classifier."), g));
  }
  return result;
}

}  // namespace mrsn::reference
