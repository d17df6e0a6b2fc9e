import Analysis
import Wire

@testable import SluiceCommand

/// An analyzer with a setting of each kind, which keeps what it was given.
struct Sample: Analyzer {
  static let name = "sample"
  static let summary = "for tests"
  static let settings = [
    Setting("find", .literal, "bytes"),
    Setting("with", .literal, "bytes"),
    Setting("regex", .text, "a pattern"),
    Setting("max", .number(1...100), default: "7", "a number"),
    Setting("room", .size, default: "64K", "a size"),
    Setting("hex", .flag, "a flag"),
    Setting("case", .choice(["upper", "lower"]), default: "upper", "a choice"),
  ]

  let options: Options
  init(_ options: Options) throws { self.options = options }
  func attach(to socket: borrowing SocketInfo) -> (any SocketAnalyzer)? { nil }
}

/// An analyzer that refuses whatever it is given.
struct Stubborn: Analyzer {
  static let name = "stubborn"
  static let summary = "for tests"
  init(_ options: Options) throws { throw OptionError("find= is missing") }
  func attach(to socket: borrowing SocketInfo) -> (any SocketAnalyzer)? { nil }
}

func registry() throws -> AnalyzerRegistry {
  try AnalyzerRegistry(builtIn: [Sample.self, Stubborn.self])
}

func socket(flowID: UInt64 = 1) -> SocketInfo {
  let endpoint = SocketInfo.Endpoint(address: IPAddress(ipv4: 0x0A00_0001), port: 80)
  let moment = Timestamp(seconds: 0)
  return SocketInfo(
    id: SocketID(socket: 0, sequence: 1), flowID: flowID, transport: .tcp, originator: endpoint,
    responder: endpoint, vlans: [], shard: 0, isMidstream: false,
    firstPacket: PacketInfo(ordinal: 1, timestamp: moment), lastSeen: moment, disconnectReason: nil,
    out: .init(), in: .init())
}

/// The same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
