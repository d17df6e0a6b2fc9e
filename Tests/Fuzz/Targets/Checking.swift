import Checking
import Reassembly

extension FuzzTarget {
  /// The plays of `reassembly`, judged: nothing traps, and what is counted is what was reported.
  static let checking = FuzzTarget(
    name: "checking",
    run: { input in
      var input = FuzzInput(input)
      var play = ConversationPlay(Scene(&input))
      while !input.isEmpty, play.scene.frames.count < 600 { play.act(&input) }
      var options = CheckOptions()
      options.checksums = play.scene.configuration.checksums
      options.memory = play.scene.configuration.memory == 1 << 20 ? 1 << 15 : 1 << 22
      options.isSampled = false
      options.reportsNotes = true
      var reported: [Complaint.Name: UInt64] = [:]
      let checker = CaptureChecker(options) { reported[$0.name, default: 0] += 1 }
      play.scene.withBatches(linkType: .raw) { checker.take(&$0) }
      checker.finish()
      let counts = checker.counts
      try require(
        reported == counts.complaints, "\(reported) reported, \(counts.complaints) counted")
      try require(counts.packets == UInt64(play.scene.frames.count), "\(counts.packets) packets")
      try require(
        counts.segments + counts.datagrams + counts.others == counts.packets,
        "packets counted twice")
      try require(
        counts.midstream <= counts.connections && counts.oneSided <= counts.connections,
        "more connections than there are")
    },
    seeds: { PlaySeeds.all })
}
