"""Where data sets come from: what is known of them, finding and checking their files, downloading them."""
