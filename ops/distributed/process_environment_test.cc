#include "ops/distributed/process_environment.h"

#include <map>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mrsn {
namespace {

using ::testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

absl::StatusOr<ProcessEnvironment> Read(const Variables& variables) {
  return ReadProcessEnvironment([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

Variables SecondOfTwo() {
  return {{"RANK", "1"},
          {"WORLD_SIZE", "2"},
          {"LOCAL_RANK", "1"},
          {"MASTER_ADDR", "node7"},
          {"MASTER_PORT", "29500"}};
}

TEST(ProcessEnvironment, NothingSetIsOneProcess) {
  const auto found = Read({{"MASTER_ADDR", "somewhere"}});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->size, 1);
  EXPECT_EQ(found->rank, 0);
}

TEST(ProcessEnvironment, TorchrunsVariables) {
  const auto found = Read(SecondOfTwo());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->size, 2);
  EXPECT_EQ(found->rank, 1);
  EXPECT_EQ(found->local_rank, 1);
  EXPECT_EQ(found->master_address, "node7");
  EXPECT_EQ(found->master_port, 29500);
  EXPECT_FALSE(found->agent_listens);
  EXPECT_EQ(found->listening_socket, -1);
}

TEST(ProcessEnvironment, TorchrunsAgentListensAndCountsAttempts) {
  Variables variables = SecondOfTwo();
  variables["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  variables["TORCHELASTIC_RESTART_COUNT"] = "3";
  const auto found = Read(variables);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(found->agent_listens);
  EXPECT_EQ(found->prefix, "attempt_3");
}

TEST(ProcessEnvironment, WhatIsMissingIsNamed) {
  EXPECT_THAT(std::string(Read({{"RANK", "0"}}).status().message()),
              HasSubstr("RANK is set, but not WORLD_SIZE"));
  Variables variables = SecondOfTwo();
  variables.erase("MASTER_PORT");
  variables.erase("LOCAL_RANK");
  EXPECT_THAT(std::string(Read(variables).status().message()), HasSubstr("but not LOCAL_RANK, MASTER_PORT"));
}

TEST(ProcessEnvironment, ValuesThatCannotBeAreNamed) {
  for (const auto& [name, value, part] : {std::tuple("WORLD_SIZE", "two", "WORLD_SIZE is 'two'"),
                                          {"WORLD_SIZE", "0", "WORLD_SIZE is '0'"},
                                          {"RANK", "2", "RANK=2 of WORLD_SIZE=2"},
                                          {"RANK", "-1", "RANK is '-1'"},
                                          {"LOCAL_RANK", "5", "LOCAL_RANK=5 and RANK=1"},
                                          {"MASTER_PORT", "99999", "MASTER_PORT is '99999'"}}) {
    Variables variables = SecondOfTwo();
    variables[name] = value;
    EXPECT_THAT(std::string(Read(variables).status().message()), HasSubstr(part));
  }
}

}  // namespace
}  // namespace mrsn
