public import Wire

/// What a capture says about one of the interfaces it was taken on.
public struct CaptureInterface: Hashable, Sendable {
  public var linkType: LinkType
  /// The longest capture of a frame; 0 for no limit.
  public var snapLength: UInt32
  public var resolution: TimeResolution
  /// Seconds to be added to every timestamp (pcapng `if_tsoffset`).
  public var timeOffset: Int64
  public var name: String?
  /// How many bytes of a frame check sequence are at the end of every frame; `nil` where that is not
  /// known.
  public var fcsLength: UInt8?
  /// The header of the pcap file whose only interface it is.
  public var pcapHeader: [UInt8]?

  public init(
    linkType: LinkType, snapLength: UInt32 = 262_144, resolution: TimeResolution = .microseconds,
    timeOffset: Int64 = 0, name: String? = nil, fcsLength: UInt8? = nil
  ) {
    self.linkType = linkType
    self.snapLength = snapLength
    self.resolution = resolution
    self.timeOffset = timeOffset
    self.name = name
    self.fcsLength = fcsLength
  }

  /// The same where it is one of several: no header of a file speaks for all of them.
  public var amongOthers: Self {
    var interface = self
    interface.pcapHeader = nil
    return interface
  }
}

/// The unit of timestamps: a negative power of 10 or of 2 (pcapng `if_tsresol`).
public struct TimeResolution: Hashable, Sendable {
  /// The option's byte: the exponent, with the top bit set for powers of 2.
  public var rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let microseconds = Self(rawValue: 6)
  public static let nanoseconds = Self(rawValue: 9)
}
