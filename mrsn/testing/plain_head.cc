#include "mrsn/testing/plain_head.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/normalization.h>

#include <cmath>
#include <string>
#include <vector>

namespace mrsn::reference {
namespace {

// Modules have the names of MrsnHead's, so that weights can be copied by name.

struct Ffn : torch::nn::Module {
  Ffn(int64_t width, int64_t hidden)
      : expand(register_module("expand", torch::nn::Linear(width, hidden))),
        contract(register_module("contract", torch::nn::Linear(hidden, width))) {}
  torch::nn::Linear expand, contract;
};

struct Layer : torch::nn::Module {
  explicit Layer(const MrseOptions& options)
      : attention(register_module("attention", torch::nn::MultiheadAttention(options.width, options.heads))),
        attention_norm(register_module("attention_norm",
                                       torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))),
        ffn_norm(
            register_module("ffn_norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({options.width})))),
        ffn(register_module("ffn", std::make_shared<Ffn>(options.width, options.hidden))) {}

  // x [T,N,d] attends to y [S,N,d] (tokens first, as the module wants them); mask [T,S] is added to
  // the scores.
  at::Tensor Forward(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask = {}) {
    const at::Tensor attended = std::get<0>(attention(x, y, y, at::Tensor(), /*need_weights=*/true, mask));
    const at::Tensor x1 = attention_norm(attended) + x;
    return ffn_norm(ffn->contract(at::gelu(ffn->expand(x1)))) + x1;
  }

  torch::nn::MultiheadAttention attention;
  torch::nn::LayerNorm attention_norm, ffn_norm;
  std::shared_ptr<Ffn> ffn;
};

struct Layers : torch::nn::Module {
  Layers(const std::string& prefix, int64_t count, const MrseOptions& options) {
    for (int64_t k = 0; k < count; ++k) {
      layers.push_back(register_module(prefix + std::to_string(k), std::make_shared<Layer>(options)));
    }
  }
  std::vector<std::shared_ptr<Layer>> layers;
};

struct SupportLayers : torch::nn::Module {
  explicit SupportLayers(const MrseOptions& options) {
    for (int64_t k = 0; k < options.rse_layers; ++k) {
      x.push_back(register_module("x_layer" + std::to_string(k), std::make_shared<Layer>(options)));
      y.push_back(register_module("y_layer" + std::to_string(k), std::make_shared<Layer>(options)));
    }
  }
  std::vector<std::shared_ptr<Layer>> x, y;
};

struct Block : torch::nn::Module {
  explicit Block(const MrseOptions& options)
      : acre(register_module("acre", std::make_shared<Layers>("layer", options.acre_layers, options))),
        aare(register_module("aare", std::make_shared<Layers>("layer", options.aare_layers, options))),
        rse(register_module("rse", std::make_shared<SupportLayers>(options))) {}
  std::shared_ptr<Layers> acre, aare;
  std::shared_ptr<SupportLayers> rse;
};

struct Embedder : torch::nn::Module {
  explicit Embedder(const MrsnHeadOptions& options)
      : actor(register_module("actor", torch::nn::Linear(options.channels, options.mrse.width))) {
    if (options.mrse.acre_layers == 0) return;
    const int64_t grid = options.support_size / options.patch_size;
    patch = register_module(
        "patch",
        torch::nn::Conv2d(torch::nn::Conv2dOptions(options.channels, options.mrse.width, options.patch_size)
                              .stride(options.patch_size)));
    actor_embedding = register_parameter("actor_embedding", at::zeros({options.mrse.width}));
    context_embedding = register_parameter("context_embedding", at::zeros({grid * grid, options.mrse.width}));
  }
  torch::nn::Linear actor;
  torch::nn::Conv2d patch{nullptr};
  at::Tensor actor_embedding, context_embedding;
};

struct Position : torch::nn::Module {
  Position(int64_t grid, int64_t width)
      : embedding(register_parameter("embedding", at::zeros({grid * grid, width}))) {}
  at::Tensor embedding;
};

struct LongTerm : torch::nn::Module {
  LongTerm(int64_t width, int64_t heads, int64_t window)
      : attention(register_module("attention", torch::nn::MultiheadAttention(width, heads))),
        norm(register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})))),
        distance_embedding(register_parameter("distance_embedding", at::zeros({2 * window + 1, width}))) {}
  torch::nn::MultiheadAttention attention;
  torch::nn::LayerNorm norm;
  at::Tensor distance_embedding;
};

struct Mlp : torch::nn::Module {
  Mlp(int64_t input, const MrsnHeadOptions& options) {
    if (options.mlp_layers == 2) {
      hidden = register_module("hidden", torch::nn::Linear(input, options.mrse.width));
    }
    classifier = register_module(
        "classifier",
        torch::nn::Linear(options.mlp_layers == 2 ? options.mrse.width : input, options.classes));
  }
  torch::nn::Linear hidden{nullptr}, classifier{nullptr};
};

class PlainHead : public RelationHead {
 public:
  PlainHead(const MrsnHead& head, const MrsnHeadOptions& options)
      : options_(options), relation_width_(NeedsOf(options).relation_width) {
    TORCH_CHECK(options.actor_token == ActorToken::kMax, "plain head: max pooling only");
    TORCH_CHECK(!options.long_term || options.long_term->inner_width == relation_width_,
                "plain head: long-term support's inner width must be ", relation_width_);
    embedder_ = register_module("embedder", std::make_shared<Embedder>(options));
    if (options.mrse.aare_layers > 0) {
      position_ = register_module(
          "actor_position",
          std::make_shared<Position>(options.support_size / options.patch_size, options.mrse.width));
    }
    for (int64_t b = 0; b < options.blocks; ++b) {
      blocks_.push_back(register_module("mrse" + std::to_string(b), std::make_shared<Block>(options.mrse)));
    }
    if (options.long_term) {
      long_term_ = register_module(
          "long_term",
          std::make_shared<LongTerm>(relation_width_, options.mrse.heads, options.long_term->window_seconds));
    }
    mlp_ = register_module("mlp", std::make_shared<Mlp>(relation_width_, options));

    const auto from = head.named_parameters();
    TORCH_CHECK(from.size() == parameters().size(), "plain head: other parameters");
    to(from.begin()->value().scalar_type());
    at::NoGradGuard no_grad;
    for (auto& parameter : named_parameters()) parameter.value().copy_(from[parameter.key()]);
    train(head.is_training());
  }

  HeadNeeds needs() const override { return NeedsOf(options_); }

  HeadOutput Forward(const HeadInput& input, Taps* = nullptr) override {
    at::Tensor X, Y, other_clip;  // X [L+1,N,d], Y [1,N,d]
    const at::Tensor actors = embedder_->actor(input.actors.amax({2, 3}));
    if (options_.mrse.acre_layers > 0) {
      const int64_t size = options_.support_size;
      const at::Tensor patches = embedder_->patch(at::adaptive_avg_pool2d(input.features, {size, size}));
      const at::Tensor context = patches.flatten(2).transpose(1, 2) + embedder_->context_embedding;
      const at::Tensor actor = actors + embedder_->actor_embedding;
      X = at::cat({actor.unsqueeze(1), context.index_select(0, input.clip_index)}, 1).transpose(0, 1);
    }
    if (position_) {
      const int64_t grid = options_.support_size / options_.patch_size;
      Y = (actors + position_->embedding.index_select(0, ActorCell(input.boxes, grid))).unsqueeze(0);
      // Not a bool mask: the module adds that, too, instead of masking.
      const at::Tensor other = input.clip_index.unsqueeze(1) != input.clip_index.unsqueeze(0);
      other_clip = at::zeros(other.sizes(), Y.options()).masked_fill(other, -INFINITY);
    }
    for (const auto& block : blocks_) {
      for (const auto& layer : block->acre->layers) X = layer->Forward(X, X);
      for (const auto& layer : block->aare->layers) {
        Y = Y.transpose(0, 1);  // persons are the tokens
        Y = layer->Forward(Y, Y, other_clip).transpose(0, 1);
      }
      for (size_t k = 0; k < block->rse->x.size(); ++k) {
        const at::Tensor x = block->rse->x[k]->Forward(X, Y);
        Y = block->rse->y[k]->Forward(Y, X);
        X = x;
      }
    }
    std::vector<at::Tensor> parts;
    if (X.defined()) parts = {X[0], X.slice(0, 1).mean(0)};
    if (Y.defined()) parts.push_back(Y[0]);
    HeadOutput output;
    output.G = at::cat(parts, 1);
    at::Tensor z = long_term_ ? WithLongTerm(output.G, input) : output.G;
    if (mlp_->hidden) z = at::gelu(mlp_->hidden(z));
    output.logits = mlp_->classifier(at::dropout(z, options_.dropout, is_training()));
    return output;
  }

 private:
  // Person by person, each with the entries of its window.
  at::Tensor WithLongTerm(const at::Tensor& G, const HeadInput& input) {
    const int64_t window = options_.long_term->window_seconds;
    const at::Tensor keys =
        input.bank.features + long_term_->distance_embedding.index_select(0, input.bank.offset + window);
    std::vector<at::Tensor> result;
    for (int64_t n = 0; n < G.size(0); ++n) {
      const at::Tensor g = G.slice(0, n, n + 1);  // [1,g]
      const at::Tensor entries =
          keys.index_select(0, (input.bank.clip_index == input.clip_index[n]).nonzero().squeeze(1));
      if (entries.size(0) == 0) {
        result.push_back(g);
        continue;
      }
      const at::Tensor y = entries.unsqueeze(1);
      const at::Tensor support = std::get<0>(long_term_->attention(g.unsqueeze(1), y, y)).squeeze(1);
      result.push_back(long_term_->norm(support) + g);
    }
    return at::cat(result);
  }

  MrsnHeadOptions options_;
  int64_t relation_width_;
  std::shared_ptr<Embedder> embedder_;
  std::shared_ptr<Position> position_;
  std::vector<std::shared_ptr<Block>> blocks_;
  std::shared_ptr<LongTerm> long_term_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace

std::shared_ptr<RelationHead> MakePlainHead(const MrsnHead& head, const MrsnHeadOptions& options) {
  return std::make_shared<PlainHead>(head, options);
}

}  // namespace mrsn::reference
