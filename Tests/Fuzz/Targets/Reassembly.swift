import Wire

extension FuzzTarget {
  /// The input is a play of a few conversations: segments at any place, fragments, mutations, jumps
  /// of time. What comes out must keep the contract of sockets, and be the bytes that were sent.
  static let reassembly = FuzzTarget(
    name: "reassembly",
    run: { input in
      var input = FuzzInput(input)
      var play = ConversationPlay(Scene(&input))
      while !input.isEmpty, play.scene.frames.count < 600 { play.act(&input) }
      try StreamChecker.run(play.scene, linkType: .raw, checksText: play.isHonest)
    },
    seeds: { PlaySeeds.all })
}

/// Plays that go through the states of a connection.
enum PlaySeeds {
  /// Checksums not looked at, midstream, all wanted.
  private static let head: [UInt8] = [1, 0, 0]
  private static let handshake: [UInt8] = [2 << 3, 0, 2 << 3 | 4, 0, 0, 0]

  static let all: [FuzzTarget.Seed] = [
    .init(name: "whole", bytes: head + handshake + [0, 50, 4, 80, 3 << 3, 3 << 3 | 4, 0, 0]),
    .init(name: "reset", bytes: head + handshake + [0, 50, 4 << 3 | 4, 1]),
    .init(name: "midstream", bytes: head + [0, 30, 4, 30, 0, 20]),
    .init(
      name: "hole",
      bytes: head + handshake + [13 << 3, 0, 90, 0, 40]
        + [5 << 3, 0xFF, 0x7E, 0, 0, 0x10, 22, 0, 0, 9]),
    .init(
      name: "lost",
      bytes: head + handshake + [13 << 3, 0, 90, 0, 40] + [4, 1, 4, 1, 4, 1, 4, 1]
        + [4, 1, 4, 1, 4, 1, 4, 1, 4, 1, 4, 1]),
    .init(name: "fragments", bytes: head + handshake + [9 << 3, 40, 0x11, 9 << 3, 40, 0x10]),
    .init(name: "cut", bytes: head + handshake + [10 << 3, 60, 0, 20, 0, 9]),
    .init(name: "cut-before-start", bytes: head + handshake + [10 << 3, 60, 0xF0, 5, 0, 9]),
    .init(name: "timeout", bytes: head + handshake + [7 << 3, 3, 1, 0, 0, 0, 0, 9, 0, 9]),
    .init(
      name: "from-the-future",
      bytes: head + handshake + [7 << 3, 2, 0x70, 0, 0, 0, 0, 0, 0, 0, 0, 9]
        + [7 << 3, 2, 0x60, 0, 0, 0, 0, 0, 0, 0, 1, 9, 1, 9, 2, 9]),
    .init(name: "datagrams", bytes: head + [8 << 3, 40, 8 << 3 | 4, 50, 8 << 3, 0]),
    .init(name: "ipv6", bytes: head + [2 << 3 | 3, 0, 2 << 3 | 7, 0, 3, 90, 9 << 3 | 3, 50, 8]),
    .init(name: "mutated", bytes: [0, 0, 1] + handshake + [0, 9, 12 << 3, 1, 0, 40, 1, 0, 13, 2]),
    .init(
      name: "wanted", bytes: [1, 0, 2] + handshake + [0, 9, 0, 9, 0, 9, 0, 9, 13 << 3, 0, 9, 0, 9]),
  ]
}
